import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { DevServer, DevServerOptions } from './dev-server.ts';
import type { ServerProcess } from './server-process.ts';

const REVIVAL_DELAYS_MS = [0, 1_000, 5_000];

/**
 * Keeps one server process running until it is stopped: when it ends by itself (someone killed it, the machine ran out
 * of memory) it is started again on the same data and address. A death through `kill9` is meant and stays.
 * @param what the server's name for people
 * @param launch starts the process; called once here and again for every restart
 * @param release called once, when the server was stopped for good
 */
export async function superviseServer(
  what: string,
  choice: string,
  launch: () => Promise<ServerProcess>,
  release: () => void,
  options: DevServerOptions,
): Promise<DevServer> {
  let current: ServerProcess | undefined;
  const stopping = new AbortController();
  /** Starts and ends come one after the other: none meets a server that is on its way. */
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };

  const adopt = (server: ServerProcess) => {
    current = server;
    server.exited.then((how) => {
      if (current !== server) return;
      current = undefined;
      options.report(`${what} ${how} by itself; starting it again`);
      void inTurn(revive);
    });
  };
  const revive = async () => {
    for (const pause of REVIVAL_DELAYS_MS) {
      await delay(pause, undefined, { ref: false, signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted || current !== undefined) return;
      try {
        adopt(await launch());
        return;
      } catch (error) {
        options.report(messageOf(error));
      }
    }
    options.report(`${what} could not be started again; stop Tailrace, look at the log above and start it again.`);
  };
  const halt = async (end: (server: ServerProcess) => Promise<void>) => {
    const server = current;
    current = undefined;
    if (server !== undefined) await end(server);
  };

  adopt(await launch());
  return {
    choice,
    owned: true,
    kill9: () => inTurn(() => halt((server) => server.kill9())),
    restart: () =>
      inTurn(async () => {
        await halt((server) => server.stop());
        if (!stopping.signal.aborted) adopt(await launch());
      }),
    stop: () => {
      stopping.abort();
      return inTurn(async () => {
        await halt((server) => server.stop());
        release();
      });
    },
  };
}
