import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@tailrace/errors/backoff-time.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { within } from '../asking/within.ts';
import type { Source, SourceEvent } from '../contract/connector.ts';
import type { RunContext } from './run-context.ts';

type OpenTail = NonNullable<Source['tail']>;

/** Events that may wait for a transaction before the stream is read on. */
const maxWaiting = 10_000;
const reopenTimes = { initialMs: 500, maxMs: 60_000 };
/** A stream that lived this long was a good one: providers end theirs after about an hour. */
const goodStreamMs = 30_000;

/**
 * Follows the provider's push path, again and again, until the run ends. It only makes events earlier: what it leaves
 * out, the sweep that it demands finds. Rejects only when events could not be written.
 */
export async function runTail(run: RunContext, open: OpenTail): Promise<void> {
  const { signal, eventWriter, schedule, liveDemanded, logger } = run;
  const sweepNow = (reason: string) => {
    logger.debug({ reason }, 'tail is incomplete: sweeping now');
    schedule.demandLive();
    liveDemanded.ring();
  };
  let failures = 0;
  while (!signal.aborted) {
    const opened = performance.now();
    const reason = await follow(run, open, sweepNow);
    eventWriter.throwIfFailed();
    if (signal.aborted) return;
    sweepNow(reason);
    failures = performance.now() - opened > goodStreamMs ? 0 : failures + 1;
    await delay(backoffMs(failures, reopenTimes), undefined, { signal }).catch(() => undefined);
  }
}

/** @returns why the stream ended. */
async function follow(run: RunContext, open: OpenTail, incomplete: (reason: string) => void): Promise<string> {
  const { signal } = run;
  const ended = new AbortController();
  const batch = new TailBatch(run);
  const messages = open(AbortSignal.any([signal, ended.signal]))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value: message } = await within(messages.next(), signal);
      if (done) return 'the provider ended the stream';
      if (message.kind === 'incomplete') incomplete(message.reason);
      else await batch.add(message.events);
    }
  } catch (error) {
    return messageOf(error);
  } finally {
    ended.abort();
    Promise.resolve(messages.return?.()).catch(() => undefined);
    await batch.flushed();
  }
}

/** Gathers what comes while a transaction is under way, so that a busy stream makes few of them. */
class TailBatch {
  readonly #run: RunContext;
  #waiting: SourceEvent[] = [];
  #flushing: Promise<void> | undefined;

  constructor(run: RunContext) {
    this.#run = run;
  }

  /** Resolves when more may come. */
  async add(events: readonly SourceEvent[]): Promise<void> {
    this.#waiting.push(...events);
    this.#flushing ??= this.#flush();
    if (this.#waiting.length > maxWaiting) await this.#flushing;
  }

  async flushed(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const events = this.#waiting;
        this.#waiting = [];
        const fresh = await this.#run.eventWriter.emit(events);
        this.#run.logger.debug({ events: events.length, fresh }, 'tailed');
      }
    } catch {
      // The event writer has failed for good, and says so to every caller.
      this.#waiting = [];
    }
    this.#flushing = undefined;
  }
}
