import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { DevServer, DevServerOptions } from './dev-server.ts';

/** Why a way of getting a server cannot be taken here, in words that say what is missing. */
export interface Unavailable {
  readonly unavailable: string;
}

/** One way of getting a server. It throws only when the way was taken and failed. */
export type Way<S extends DevServer> = (options: DevServerOptions) => Promise<S | Unavailable>;

/**
 * Takes the first way that is available and reports the choice.
 * @param what the server's name for people, such as `Kafka`
 * @param help what to install or set when no way is available
 * @throws {TailraceError} `dev_stack.no_server` with every reason when no way is available
 */
export async function chooseServer<S extends DevServer>(
  what: string,
  ways: readonly Way<S>[],
  help: string,
  options: DevServerOptions,
): Promise<S> {
  const reasons: string[] = [];
  for (const way of ways) {
    options.signal?.throwIfAborted();
    const server = await way(options);
    if (!('unavailable' in server)) {
      options.report(`${what}: ${server.choice}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`);
      return server;
    }
    reasons.push(server.unavailable);
  }
  throw new TailraceError(`No ${what} to use: ${reasons.join('; ')}. ${help}`, {
    code: 'dev_stack.no_server',
    remedy: 'give-up',
    help,
  });
}
