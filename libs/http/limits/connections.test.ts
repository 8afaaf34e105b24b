import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { answerAndClose, type ConnectionLimits, watchConnections } from './connections.ts';

const limits = { perAddress: 1000, trustedHops: 0, onCut: () => undefined };
const until = { timeout: 20_000, interval: 20 };
const clients: Socket[] = [];
let server: Server;
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function listen(prepare: (server: Server) => void): Promise<void> {
  server = createServer();
  prepare(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
}

/** A client that never closes by itself: it keeps its half of a connection that the server has ended. */
function open(request = ''): Socket {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined);
  client.write(request);
  clients.push(client);
  return client;
}

const held = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

test('a socket that is answered and closed is not held for a peer that never closes', async () => {
  await listen((each) => {
    each.on('upgrade', (_request, socket) => answerAndClose(socket, 'HTTP/1.1 401 no\r\n\r\n'));
  });
  const answers = Array.from({ length: 20 }, () => {
    const client = open('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    return text(client);
  });
  for (const answer of await Promise.all(answers)) expect(answer).toBe('HTTP/1.1 401 no\r\n\r\n');
  await expect.poll(held, until).toBe(0);
});

test('a peer that reads nothing of its answer is cut off after a standstill', async () => {
  const cuts: string[] = [];
  const own: ConnectionLimits = { ...limits, standstillMs: 200, onCut: (reason) => cuts.push(reason) };
  await listen((each) => {
    watchConnections(each, own);
    each.on('request', (_request, response) => response.end('x'.repeat(20_000_000)));
  });
  open(get).pause();
  await expect.poll(() => cuts, until).toEqual(['unread']);
  await expect.poll(held, until).toBe(0);
});

test('a request may be worked on for longer than a standstill lasts', async () => {
  const begun = Promise.withResolvers<() => void>();
  const silences: number[] = [];
  await listen((each) => {
    watchConnections(each, limits);
    each.on('timeout', () => silences.push(1));
    each.on('request', ({ socket }, response) => {
      // Sooner than the server would: a standstill while the request is being worked on.
      socket.setTimeout(20);
      begun.resolve(() => void response.end('done'));
    });
  });
  const answer = text(open('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
  const finish = await begun.promise;
  await expect.poll(() => silences.length, until).toBe(1);
  finish();
  expect(await answer).toContain('done');
});

test('an address has at most so many connections open, and gets another when one closes', async () => {
  const cuts: string[] = [];
  await listen((each) => {
    watchConnections(each, { ...limits, perAddress: 2, onCut: (reason) => cuts.push(reason) });
    each.on('request', (_request, response) => response.end('ok'));
  });
  const [first] = [open(), open()];
  await expect.poll(held, until).toBe(2);
  expect(await text(open(get))).toBe('');
  expect(cuts).toEqual(['address_limit']);
  first?.destroy();
  await expect.poll(held, until).toBe(1);
  open(get).once('data', (answer) => cuts.push(answer.toString().slice(0, 15)));
  await expect.poll(() => cuts, until).toEqual(['address_limit', 'HTTP/1.1 200 OK']);
});
