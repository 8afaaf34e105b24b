import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Socket, SocketListener } from './lasting-socket.ts';
import { LiveStream, type StreamState } from './live-stream.ts';
import type { Gap } from './stream-parts.ts';
import { testLine } from './test-line.ts';

/** A server that says only what the test says. */
class FakeServer {
  readonly sockets: { readonly sent: string[]; readonly listener: SocketListener }[] = [];
  readonly open = (listener: SocketListener): Socket => {
    const sent: string[] = [];
    this.sockets.push({ sent, listener });
    return { send: (text) => void sent.push(text), close: () => undefined };
  };
  get last() {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nobody has connected');
    return socket;
  }
  say(frame: object): void {
    this.last.listener.onText(JSON.stringify(frame));
  }
  lose(code = 1006, reason = ''): void {
    this.last.listener.onClose(code, reason);
  }
  heard(): object[] {
    return this.last.sent.map((text) => JSON.parse(text));
  }
}

let server: FakeServer;
let starts: string[];
let lines: string[];
let gaps: Gap[];
let states: StreamState[];
let notices: string[];
let stream: LiveStream;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  [starts, lines, gaps, states, notices] = [[], [], [], [], []];
  stream = new LiveStream({
    open: server.open,
    onStart: (cursor) => starts.push(cursor),
    onLines: (given) => void lines.push(...given.map(({ id }) => id)),
    onGap: (gap) => gaps.push(gap),
    onStatus: () => undefined,
    onState: (state) => states.push(state),
    onError: (code, detail) => notices.push(`${code}: ${detail}`),
    onBreak: (detail) => notices.push(`break: ${detail}`),
    random: () => 1,
  });
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

const logs = (...ids: string[]) => ids.map((id) => testLine({ id }));

function follow(): void {
  stream.follow({ level: 'warn' }, '-30s');
  server.say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  server.say({ type: 'subscribed', cursor: 'c1' });
}

test('a live stream follows from where it was asked to', () => {
  follow();
  expect(server.heard()).toEqual([{ type: 'subscribe', filter: { level: 'warn' }, from: '-30s' }]);
  server.say({ type: 'logs', logs: logs('a', 'b'), cursor: 'c2' });
  expect(lines).toEqual(['a', 'b']);
  expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
});

test('a live stream goes on from the last cursor after a lost connection, waits longer each time, and says so', () => {
  follow();
  server.say({ type: 'logs', logs: logs('a'), cursor: 'c2' });
  server.say({ type: 'logs', logs: [], cursor: 'c3' });
  server.lose();
  expect(states.at(-1)).toMatchObject({ kind: 'reconnecting', retryAt: Date.now() + 250 });
  vi.advanceTimersByTime(250);
  server.lose();
  expect(states.at(-1)).toMatchObject({ kind: 'reconnecting', retryAt: Date.now() + 500 });
  vi.advanceTimersByTime(500);
  server.say({ type: 'hello', cursor: 'c9', project_id: 'shop' });
  expect(server.heard()).toEqual([{ type: 'subscribe', filter: { level: 'warn' }, from: 'c3' }]);
  server.say({ type: 'subscribed', cursor: 'c3' });
  expect(states.at(-1)?.kind).toBe('live');
});

test('a live stream shows no line of the filter before', () => {
  follow();
  stream.follow({ level: 'error' }, 'now');
  server.say({ type: 'logs', logs: logs('old'), cursor: 'c2' });
  server.say({ type: 'gap', matched: 3, from: 'c2', to: 'c3', reason: 'slow_viewer' });
  server.say({ type: 'subscribed', cursor: 'c4' });
  server.say({ type: 'logs', logs: logs('new'), cursor: 'c5' });
  expect([lines, gaps]).toEqual([['new'], []]);
});

test('a connection lost behind a gap goes on behind the gap, and fetches it again', async () => {
  follow();
  server.say({ type: 'gap', matched: 3, from: 'c2', to: 'c3', reason: 'slow_viewer' });
  expect(gaps).toMatchObject([{ matched: 3, from: 'c2', to: 'c3' }]);
  const fetched = stream.fetch({ from: 'c2', to: 'c3' });
  server.say({ type: 'logs', logs: logs('half'), fetched: true });
  server.lose();
  vi.advanceTimersByTime(250);
  server.say({ type: 'hello', cursor: 'c9', project_id: 'shop' });
  expect(server.heard()).toEqual([
    { type: 'subscribe', filter: { level: 'warn' }, from: 'c3' },
    { type: 'fetch', from: 'c2', to: 'c3', filter: { level: 'warn' } },
  ]);
  server.say({ type: 'subscribed', cursor: 'c3' });
  server.say({ type: 'logs', logs: logs('half', 'whole'), fetched: true });
  server.say({ type: 'logs', logs: logs('live'), cursor: 'c10' });
  server.say({ type: 'fetched', from: 'c2', to: 'c3' });
  expect((await fetched).map(({ id }) => id)).toEqual(['half', 'whole']);
  expect(lines).toEqual(['live']);
});

test('a live stream fetches one gap at a time', async () => {
  follow();
  const both = Promise.all([stream.fetch({ from: 'a', to: 'b' }), stream.fetch({ from: 'b', to: 'c' })]);
  expect(server.heard().slice(1)).toEqual([{ type: 'fetch', from: 'a', to: 'b', filter: { level: 'warn' } }]);
  server.say({ type: 'logs', logs: logs('1'), fetched: true });
  server.say({ type: 'fetched', from: 'a', to: 'b' });
  expect(server.heard().at(-1)).toEqual({ type: 'fetch', from: 'b', to: 'c', filter: { level: 'warn' } });
  server.say({ type: 'fetched', from: 'b', to: 'c' });
  expect((await both).map((each) => each.map(({ id }) => id))).toEqual([['1'], []]);
});

test('what is still answered to a fetch of the view before goes to nobody, nor into the next fetch', async () => {
  follow();
  const unwanted = stream.fetch({ from: 'a', to: 'b' });
  server.say({ type: 'logs', logs: logs('old'), fetched: true });
  stream.follow({ level: 'error' }, '-30s');
  await expect(unwanted).rejects.toThrow('the filter has changed');
  server.say({ type: 'subscribed', cursor: 'c5' });
  const wanted = stream.fetch({ from: 'c', to: 'd' });
  server.say({ type: 'logs', logs: logs('old too'), fetched: true });
  expect(server.heard().at(-1)).toMatchObject({ type: 'subscribe' });
  server.say({ type: 'fetched', from: 'a', to: 'b' });
  expect(server.heard().at(-1)).toEqual({ type: 'fetch', from: 'c', to: 'd', filter: { level: 'error' } });
  server.say({ type: 'logs', logs: logs('new'), fetched: true });
  server.say({ type: 'fetched', from: 'c', to: 'd' });
  expect((await wanted).map(({ id }) => id)).toEqual(['new']);
  expect([lines, notices]).toEqual([[], []]);
});

test('a fetch that nobody wants is not asked for again by the next connection', () => {
  follow();
  stream.fetch({ from: 'a', to: 'b' }).catch(() => undefined);
  stream.unfollow();
  server.lose();
  vi.advanceTimersByTime(250);
  server.say({ type: 'hello', cursor: 'c9', project_id: 'shop' });
  expect(server.heard()).toEqual([]);
});

test('a gap is fetched under its filter also when a connection is lost while lines wait at the server', () => {
  follow();
  stream.pause();
  server.lose();
  vi.advanceTimersByTime(250);
  server.say({ type: 'hello', cursor: 'c9', project_id: 'shop' });
  stream.fetch({ from: 'a', to: 'b' }).catch(() => undefined);
  expect(server.heard()).toEqual([{ type: 'fetch', from: 'a', to: 'b', filter: { level: 'warn' } }]);
});

test('a fetch that fails says so, and the next one goes on', async () => {
  follow();
  const failing = stream.fetch({ from: 'a', to: 'b' });
  const next = stream.fetch({ from: 'b', to: 'c' });
  server.say({ type: 'error', code: 'fetch.failed', detail: 'Kafka is unreachable' });
  await expect(failing).rejects.toThrow('Kafka is unreachable');
  expect(server.heard().at(-1)).toEqual({ type: 'fetch', from: 'b', to: 'c', filter: { level: 'warn' } });
  server.say({ type: 'error', code: 'fetch.expired', detail: 'a part is gone' });
  server.say({ type: 'logs', logs: logs('left'), fetched: true });
  server.say({ type: 'fetched', from: 'b', to: 'c' });
  expect((await next).map(({ id }) => id)).toEqual(['left']);
  expect(notices).toEqual(['fetch.failed: Kafka is unreachable', 'fetch.expired: a part is gone']);
});

test('a cursor of a log that no longer exists is reported, and following starts over', () => {
  follow();
  server.lose();
  vi.advanceTimersByTime(250);
  server.say({ type: 'hello', cursor: 'd0', project_id: 'shop' });
  server.say({ type: 'error', code: 'cursor.invalid', detail: 'no longer exists' });
  expect(notices).toEqual(['break: no longer exists']);
  expect(server.heard().at(-1)).toMatchObject({ type: 'subscribe', from: '-1m' });
  server.say({ type: 'subscribed', cursor: 'd1' });
  server.say({ type: 'logs', logs: logs('a'), cursor: 'd2' });
  expect(lines).toEqual(['a']);
});

test('a filter that the server refuses is reported, and the next one is followed', () => {
  follow();
  stream.follow({ regex: '(' }, 'now');
  server.say({ type: 'error', code: 'message.invalid', detail: 'filter.regex: missing )' });
  expect(notices).toEqual(['message.invalid: filter.regex: missing )']);
  stream.follow({}, 'now');
  server.say({ type: 'subscribed', cursor: 'c5' });
  server.say({ type: 'logs', logs: logs('a'), cursor: 'c6' });
  expect(lines).toEqual(['a']);
});

test('a filter that is refused leaves nothing of the one before, and a gap of neither', () => {
  follow();
  stream.follow({ regex: '(' }, 'now');
  server.say({ type: 'error', code: 'message.invalid', detail: 'filter.regex: missing )' });
  server.say({ type: 'logs', logs: logs('old'), cursor: 'c2' });
  server.say({ type: 'gap', matched: 3, from: 'c2', to: 'c3', reason: 'slow_viewer' });
  expect([lines, gaps]).toEqual([[], []]);
  expect(server.heard().at(-1)).toEqual({ type: 'pause' });
  expect(states.at(-1)?.kind).toBe('refused');
});

test('a live stream comes back from where it was when the server cannot go on, and waits longer each time', () => {
  follow();
  server.say({ type: 'logs', logs: logs('a'), cursor: 'c2' });
  for (const waitMs of [250, 500, 1000]) {
    server.say({ type: 'error', code: 'kafka.connection_lost', detail: 'Kafka is unreachable' });
    expect(states.at(-1)).toMatchObject({
      kind: 'reconnecting',
      retryAt: Date.now() + waitMs,
      reason: 'Kafka is unreachable',
    });
    vi.advanceTimersByTime(waitMs);
    server.say({ type: 'hello', cursor: 'c9', project_id: 'shop' });
    expect(server.heard()).toEqual([{ type: 'subscribe', filter: { level: 'warn' }, from: 'c2' }]);
  }
});

test('a live stream takes a long silence for a lost connection, and a heartbeat for none', () => {
  follow();
  for (let beat = 0; beat < 20; beat += 1) {
    vi.advanceTimersByTime(5000);
    server.say({ type: 'heartbeat' });
  }
  expect(states.at(-1)?.kind).toBe('live');
  // A page that stood still finds what came meanwhile before it gives up.
  vi.advanceTimersByTime(27_000);
  server.say({ type: 'heartbeat' });
  vi.advanceTimersByTime(27_000);
  expect(states.at(-1)?.kind).toBe('live');
  vi.advanceTimersByTime(1000);
  expect(states.at(-1)?.kind).toBe('reconnecting');
  vi.advanceTimersByTime(250);
  server.say({ type: 'hello', cursor: 'c9', project_id: 'shop' });
  expect(server.heard()).toEqual([{ type: 'subscribe', filter: { level: 'warn' }, from: 'c1' }]);
});

test('a live stream sees soon whether it is still connected when the network comes back', () => {
  follow();
  stream.reconnectNow();
  vi.advanceTimersByTime(8000);
  expect(states.at(-1)?.kind).toBe('reconnecting');
});

test('an answer that comes once nothing is followed any more changes nothing', () => {
  stream.follow({}, '-30s');
  server.say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  stream.unfollow();
  server.say({ type: 'subscribed', cursor: 'c1' });
  server.say({ type: 'gap', matched: 3, from: 'c1', to: 'c2', reason: 'slow_viewer' });
  expect([starts, gaps, states.at(-1)?.kind]).toEqual([[], [], 'idle']);
  server.lose();
  vi.advanceTimersByTime(250);
  server.say({ type: 'hello', cursor: 'c3', project_id: 'shop' });
  expect(server.heard()).toEqual([]);
});

test('a live stream says that lines wait also after a connection that was lost meanwhile', () => {
  follow();
  stream.pause();
  server.lose();
  vi.advanceTimersByTime(250);
  server.say({ type: 'hello', cursor: 'c9', project_id: 'shop' });
  expect(states.at(-1)?.kind).toBe('waiting');
});

test('lines wait at the server while paused, and go on where it was', () => {
  follow();
  server.say({ type: 'logs', logs: logs('a'), cursor: 'c2' });
  stream.pause();
  server.say({ type: 'logs', logs: logs('under way'), cursor: 'c3' });
  stream.resume();
  expect(server.heard().slice(1)).toEqual([
    { type: 'pause' },
    { type: 'subscribe', filter: { level: 'warn' }, from: 'c3' },
  ]);
});

test('a live stream comes back from where it was when its session has ended and another one has begun', () => {
  follow();
  server.say({ type: 'logs', logs: logs('a'), cursor: 'c2' });
  server.lose(4401, 'the token has expired');
  expect(states.at(-1)).toMatchObject({ kind: 'reconnecting', reason: 'the session has ended' });
  vi.advanceTimersByTime(250);
  server.lose();
  expect(states.at(-1)?.kind).toBe('reconnecting');
  stream.reconnectNow();
  server.say({ type: 'hello', cursor: 'c9', project_id: 'shop' });
  expect(server.heard()).toEqual([{ type: 'subscribe', filter: { level: 'warn' }, from: 'c2' }]);
});
