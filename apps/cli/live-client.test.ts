import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { testLine } from '@tailrace/http/client/test-line.ts';
import type { ClientFrame, LogLine, ServerFrame } from '@tailrace/http/contract/generated.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { follow } from './live-client.ts';

/** A server that answers what the test says. */
let server: WebSocketServer;
let answer: (frame: ClientFrame, say: (frame: ServerFrame) => void, socket: WebSocket) => void;
let asked: ClientFrame[];
let notices: string[];
let shown: string[];
let stop: AbortController;

beforeEach(async () => {
  [asked, notices, shown] = [[], [], []];
  stop = new AbortController();
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    const say = (frame: ServerFrame) => socket.send(JSON.stringify(frame));
    socket.on('message', (data) => {
      const frame: ClientFrame = JSON.parse(data.toString());
      asked.push(frame);
      answer(frame, say, socket);
    });
    say({ type: 'hello', cursor: 'now', project_id: 'shop' });
  });
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function following(onLines = async (lines: readonly LogLine[]) => void shown.push(...lines.map(({ id }) => id))) {
  const { port } = server.address() as AddressInfo;
  return follow({
    url: new URL(`http://127.0.0.1:${port}`),
    project: 'shop',
    token: async () => 'token',
    filter: { level: 'warn' },
    onLines,
    onNotice: (notice) => notices.push(notice),
    signal: stop.signal,
  });
}

const logs = (...ids: string[]) => ids.map((id) => testLine({ id }));
const begin = (say: (frame: ServerFrame) => void) => {
  say({ type: 'subscribed', cursor: 'c1' });
  say({ type: 'gap', matched: 3, from: 'c1', to: 'c4', reason: 'slow_viewer' });
};

test('what a gap left out is fetched, again where the server is busy, and each line is shown once', async () => {
  let fetches = 0;
  answer = (frame, say) => {
    if (frame.type === 'subscribe') begin(say);
    if (frame.type !== 'fetch') return;
    fetches += 1;
    if (fetches === 1) {
      say({ type: 'logs', logs: logs('a'), fetched: true });
      say({ type: 'error', code: 'fetch.busy', detail: 'too much at once', retry_after_seconds: 1 });
    } else {
      say({ type: 'logs', logs: logs('a', 'b', 'c'), fetched: true });
      say({ type: 'fetched', from: frame.from, to: frame.to });
    }
  };
  const done = following();
  await vi.waitFor(() => expect(shown).toEqual(['a', 'b', 'c']), { timeout: 20_000 });
  expect(asked).toEqual([
    { type: 'subscribe', filter: { level: 'warn' }, from: 'now' },
    { type: 'fetch', from: 'c1', to: 'c4', filter: { level: 'warn' } },
    { type: 'fetch', from: 'c1', to: 'c4', filter: { level: 'warn' } },
  ]);
  expect(notices).toEqual([
    '3 lines came faster than they were taken; reading them now',
    'the server says: too much at once',
  ]);
  stop.abort();
  await done;
});

test('a connection that is lost while a gap is fetched is opened again behind the gap, and no line is shown twice', async () => {
  answer = (frame, say, socket) => {
    if (frame.type === 'subscribe' && frame.from === 'now') begin(say);
    if (frame.type !== 'fetch') return;
    say({ type: 'logs', logs: logs('a'), fetched: true });
    if (asked.filter(({ type }) => type === 'fetch').length === 1) {
      socket.close(1001, 'the server stops');
      return;
    }
    say({ type: 'logs', logs: logs('b', 'c'), fetched: true });
    say({ type: 'fetched', from: frame.from, to: frame.to });
  };
  const done = following();
  await vi.waitFor(() => expect(shown).toEqual(['a', 'b', 'c']), { timeout: 20_000 });
  expect(asked).toContainEqual({ type: 'subscribe', filter: { level: 'warn' }, from: 'c4' });
  expect(notices).toContain('disconnected (the server stops); connecting again where it was');
  stop.abort();
  await done;
});

test('lines are given on one batch after the other, and a token that has expired is asked for again', async () => {
  let atOnce = 0;
  let most = 0;
  answer = (frame, say, socket) => {
    if (frame.type !== 'subscribe') return;
    say({ type: 'subscribed', cursor: frame.from ?? '' });
    if (frame.from !== 'now') return say({ type: 'logs', logs: logs('c'), cursor: 'c3' });
    say({ type: 'logs', logs: logs('a'), cursor: 'c1' });
    say({ type: 'logs', logs: logs('b'), cursor: 'c2' });
    socket.close(4401, 'the token has expired');
  };
  const done = following(async (lines) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise(setImmediate);
    atOnce -= 1;
    shown.push(...lines.map(({ id }) => id));
  });
  await vi.waitFor(() => expect(shown).toEqual(['a', 'b', 'c']), { timeout: 20_000 });
  expect(most).toBe(1);
  expect(asked.at(-1)).toMatchObject({ type: 'subscribe', from: 'c2' });
  stop.abort();
  await done;
});

test('a filter that the server does not take ends it, with what is wrong', async () => {
  answer = (_frame, say) => say({ type: 'error', code: 'message.invalid', detail: 'filter.regex: is wrong' });
  await expect(following()).rejects.toMatchObject({ message: 'filter.regex: is wrong', exitCode: 2 });
});
