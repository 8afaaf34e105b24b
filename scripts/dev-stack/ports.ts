import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';

const HOST = '127.0.0.1';

/**
 * Ports that systems do not give to outgoing connections (Linux: 32768 and above, others: 49152). A killed server's port
 * must still be free when it comes back, and who connects to a port meanwhile must not be given that very port: TCP
 * would connect it to itself.
 */
const LASTING = { first: 15_000, last: 32_000 };
const ATTEMPTS = 50;

/**
 * Chooses a free TCP port on 127.0.0.1: the one noted in the file, else the preferred one, else any.
 * The choice is noted in the file, so that an address stays the same from start to start while nothing else takes it.
 * @param preferred the port to try when none is noted; 0 means any
 * @param except ports that were promised to others already
 */
export async function choosePort(file: string, preferred: number, except: readonly number[] = []): Promise<number> {
  const wishes = [notedPort(file), preferred].filter((port) => port !== 0 && !except.includes(port));
  const port = (await firstFree(wishes)) ?? (await anyFree(except));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, String(port));
  return port;
}

/**
 * The preferred port of 127.0.0.1 when there is one and it is free, else any free one.
 * @param except ports that were promised to others already
 */
export async function freePort(preferred?: number, except: readonly number[] = []): Promise<number> {
  return (await firstFree(preferred === undefined ? [] : [preferred])) ?? (await anyFree(except));
}

async function firstFree(ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) {
    const bound = await bind(port);
    if (bound !== undefined) return bound;
  }
  return undefined;
}

async function anyFree(except: readonly number[]): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LASTING.first, LASTING.last);
    if (!except.includes(port) && (await bind(port)) !== undefined) return port;
  }
  const port = await bind(0);
  if (port === undefined) throw new Error(`No port is free on ${HOST}.`);
  return except.includes(port) ? anyFree(except) : port;
}

/** Binds a port for a moment: the port when that worked, undefined when something has it. */
function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

function notedPort(file: string): number {
  try {
    const port = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}
