import { connect } from 'node:net';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { DevServer } from './dev-server.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * A server that the environment names: it is used as it is and never stopped by us.
 * @param variable the environment variable that named it, for messages
 * @param addresses `host:port` of each of its nodes; one that accepts a connection is enough
 * @throws {TailraceError} `dev_stack.unreachable` when none accepts a connection
 */
export async function useGivenServer(variable: string, addresses: readonly string[]): Promise<DevServer> {
  const attempts = await Promise.allSettled(addresses.map(acceptsConnection));
  if (!attempts.some((attempt) => attempt.status === 'fulfilled')) {
    throw new TailraceError(`${variable} is set, but nothing answers at ${addresses.join(', ')}.`, {
      code: 'dev_stack.unreachable',
      remedy: 'give-up',
      help: `Start that server, correct ${variable}, or unset it so that one is started for you.`,
    });
  }
  const refuse = async () => {
    throw new TailraceError(`${variable} gave this server, so it is not ours to kill or restart.`, {
      code: 'dev_stack.not_owned',
      remedy: 'give-up',
    });
  };
  return {
    choice: `using ${addresses.join(', ')} because ${variable} is set`,
    owned: false,
    kill9: refuse,
    restart: refuse,
    stop: async () => {},
  };
}

function acceptsConnection(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), timeout: CONNECT_TIMEOUT_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('timed out')));
    socket.once('error', reject);
  });
}
