import { longestSilenceMs } from '@tailrace/errors/proof-of-work.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type pg from 'pg';

/** Whether a pool's database answers. */
export interface DatabaseHealth {
  /** Why it is not known to work now, in plain words; undefined while statements succeed. */
  readonly trouble: string | undefined;
  /** Asks nothing more. To be called before the pool ends. */
  close(): void;
}

/** How often it is asked while nobody else asks. */
const probeEveryMs = 3000;
/** A probe that failed at once is repeated this much later. */
const retryMs = 500;

/**
 * Knows of a pool when its last statement succeeded: a connection that comes back unharmed is the proof, and where none
 * does, as in an idle process, a statement that reads nothing. A database that does not answer is distinguished from one that refuses.
 */
export function watchDatabase(pool: pg.Pool): DatabaseHealth {
  let provenAt = performance.now();
  let refused: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const proven = (error: Error | boolean | undefined) => {
    if (error) return;
    provenAt = performance.now();
    refused = undefined;
  };
  // pg's types know only errors; a connection that is given back well comes without one, or with false.
  pool.on('release', proven);

  async function probe(): Promise<void> {
    try {
      // On a connection whose other end is gone nothing ever answers: the client's own time-out ends it.
      await pool.query(Object.assign({ text: 'select' }, { query_timeout: longestSilenceMs }));
      proven(undefined);
    } catch (error) {
      refused = messageOf(error);
    }
  }

  function schedule(delayMs: number): void {
    timer = setTimeout(() => {
      const idleMs = performance.now() - provenAt;
      if (idleMs < probeEveryMs && refused === undefined) return schedule(probeEveryMs - idleMs);
      void probe().then(() => {
        if (!closed) schedule(refused === undefined ? probeEveryMs : retryMs);
      });
    }, delayMs).unref();
  }
  schedule(0);

  return {
    get trouble() {
      if (refused !== undefined) return `PostgreSQL: ${refused}`;
      const silentMs = performance.now() - provenAt;
      if (silentMs <= longestSilenceMs) return undefined;
      return `PostgreSQL has not answered for ${Math.round(silentMs / 1000)} s`;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      pool.off('release', proven);
    },
  };
}
