import { ApiError } from '@tailrace/http/client/api-error.ts';
import type { SocketListener } from '@tailrace/http/client/lasting-socket.ts';
import { testLine } from '@tailrace/http/client/test-line.ts';
import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { expect, test, vi } from 'vitest';
import type { Api } from '../../api/http.ts';
import { LiveSession } from './live-session.ts';

const second = (number: number) => `2026-01-31T08:00:${String(number).padStart(2, '0')}.000Z`;
const line = (number: number): LogLine => testLine({ id: `line ${number}`, timestamp: second(number) });

interface Query {
  readonly filter?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** A session over an API that answers what the test says, when it says so, and a WebSocket that the test speaks on. */
function open() {
  const calls: {
    readonly query: Query;
    readonly answer: (logs: readonly LogLine[], rest?: object) => Promise<void>;
    readonly fail: (error: Error) => Promise<void>;
  }[] = [];
  const call = (_name: string, { query }: { query: Query }) =>
    new Promise((resolve, reject) => {
      calls.push({
        query,
        fail: async (error) => {
          reject(error);
          await new Promise((done) => setTimeout(done));
        },
        answer: async (logs, rest = {}) => {
          resolve({ logs, older: null, newer: 'newer', complete: true, live_from: null, ...rest });
          await new Promise((done) => setTimeout(done));
        },
      });
    });
  let listener: SocketListener | undefined;
  const sent: object[] = [];
  const session = new LiveSession({
    api: { call } as unknown as Pick<Api, 'call'>,
    project: 'shop',
    openSocket: (given) => {
      listener = given;
      return { send: (text) => void sent.push(JSON.parse(text)), close: () => undefined };
    },
    schedule: (work) => work(),
  });
  const say = (frame: object) => listener?.onText(JSON.stringify(frame));
  const shown = () =>
    session.buffer.slice(0, session.buffer.length).map((row) => (row.kind === 'line' ? row.key : row.note));
  return { session, calls, sent, say, shown };
}

test('what is stored and what comes live are one list, each line once, in order of time', async () => {
  const { session, calls, sent, say, shown } = open();
  session.show({ level: 'info' }, { kind: 'live', span: '-15m' });
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  expect(sent).toEqual([{ type: 'subscribe', filter: { level: 'info' }, from: '-30s' }]);
  say({ type: 'subscribed', cursor: 'c1' });
  say({ type: 'logs', logs: [line(5), line(6)], cursor: 'c2' });
  expect(calls[0]?.query).toMatchObject({ from: '-15m', to: 'now', filter: '{"level":"info"}' });
  await calls[0]?.answer([line(5), line(4), line(3)], { older: 'o1' });
  say({ type: 'logs', logs: [line(7), line(2)], cursor: 'c3' });
  expect(shown()).toEqual(['line 2', 'line 3', 'line 4', 'line 5', 'line 6', 'line 7']);
  session.loadOlder();
  expect(calls[1]?.query.before).toBe('o1');
  await calls[1]?.answer([line(1)]);
  expect(shown()[0]).toBe('line 1');
  expect(session.snapshot().older.kind).toBe('end');
  session.close();
});

test('an answer for an earlier filter is not shown', async () => {
  const { session, calls, shown } = open();
  session.show({}, { kind: 'live', span: '-15m' });
  session.show({ level: 'error' }, { kind: 'live', span: '-15m' });
  await calls[1]?.answer([line(2)]);
  await calls[0]?.answer([line(1)]);
  expect(shown()).toEqual(['line 2']);
  session.close();
});

test('a gap stands where lines are missing, and its lines take its place', async () => {
  const { session, calls, sent, say, shown } = open();
  session.show({}, { kind: 'live', span: '-15m' });
  await calls[0]?.answer([]);
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  say({ type: 'subscribed', cursor: 'c1' });
  say({ type: 'logs', logs: [line(1)], cursor: 'c2' });
  say({ type: 'gap', matched: 1200, from: 'c2', to: 'c5', reason: 'slow_viewer' });
  say({ type: 'logs', logs: [line(9)], cursor: 'c6' });
  expect(shown()).toEqual([
    'line 1',
    '1,200 lines were left out here: they came faster than this page took them.',
    'line 9',
  ]);
  const fetched = session.fetchGap('gap 1');
  expect(sent.at(-1)).toEqual({ type: 'fetch', from: 'c2', to: 'c5', filter: {} });
  expect(session.snapshot().fetching.has('gap 1')).toBe(true);
  say({ type: 'logs', logs: [line(4), line(5)], fetched: true });
  say({ type: 'fetched', from: 'c2', to: 'c5' });
  await fetched;
  expect(shown()).toEqual(['line 1', 'line 4', 'line 5', 'line 9']);
  session.close();
});

test('gaps that are out of sight are counted and can be shown, the newest first', async () => {
  const { session, calls, say } = open();
  session.show({}, { kind: 'live', span: '-15m' });
  await calls[0]?.answer([]);
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  say({ type: 'subscribed', cursor: 'c1' });
  const gap = (from: string, to: string) => say({ type: 'gap', matched: 1, from, to, reason: 'slow_viewer' });
  say({ type: 'logs', logs: [line(1)], cursor: 'c2' });
  gap('c2', 'c3');
  say({ type: 'logs', logs: [line(3)], cursor: 'c4' });
  gap('c4', 'c5');
  say({ type: 'gap', matched: null, from: 'c5', to: 'c6', reason: 'retention' });
  expect(session.gaps.map(({ key }) => key)).toEqual(['gap 1', 'gap 2']);
  session.showGap();
  expect(session.snapshot()).toMatchObject({ following: false, reveal: { row: { key: 'gap 2' } } });
  const fetched = session.fetchGap('gap 2');
  say({ type: 'fetched', from: 'c4', to: 'c5' });
  await fetched;
  session.showGap();
  expect(session.snapshot().reveal?.row.key).toBe('gap 1');
  session.show({ level: 'error' }, { kind: 'live', span: '-15m' });
  expect(session.gaps).toEqual([]);
  session.close();
});

test('a live session says that earlier lines are not kept once the first rows had to go', async () => {
  const { session, calls, say } = open();
  session.show({}, { kind: 'live', span: '-15m' });
  await calls[0]?.answer([line(1)]);
  expect(session.snapshot().older.kind).toBe('end');
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  say({ type: 'subscribed', cursor: 'c1' });
  const logs = Array.from({ length: 100_000 }, (_, index) => ({ ...line(3), id: `flood ${index}` }));
  say({ type: 'logs', logs, cursor: 'c2' });
  expect(session.snapshot().older.kind).toBe('full');
  session.show({}, { kind: 'live', span: '-15m' });
  expect(session.snapshot().older.kind).toBe('loading');
  session.close();
});

test('a part of the past that does not reach the present cannot be followed', async () => {
  const { session, calls } = open();
  session.show({}, { kind: 'at', at: second(5) });
  await calls[0]?.answer([line(5)]);
  session.setFollowing(true);
  expect(session.snapshot().following).toBe(false);
  session.close();
});

test('a live session counts what comes while nobody follows, and lets a flood wait at the server', () => {
  const { session, sent, say } = open();
  session.show({}, { kind: 'live', span: '-15m' });
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  say({ type: 'subscribed', cursor: 'c1' });
  session.setFollowing(false);
  say({ type: 'logs', logs: [line(1), line(2)], cursor: 'c2' });
  expect(session.snapshot().fresh).toBe(2);
  const flood = Array.from({ length: 50_000 }, (_, index) => ({ ...line(3), id: `flood ${index}` }));
  say({ type: 'logs', logs: flood, cursor: 'c3' });
  expect(sent.at(-1)).toEqual({ type: 'pause' });
  expect(session.snapshot().stream.kind).toBe('waiting');
  session.setFollowing(true);
  expect(sent.at(-1)).toEqual({ type: 'subscribe', filter: {}, from: 'c3' });
  expect(session.snapshot().fresh).toBe(0);
  session.close();
});

test('from a moment of the past it goes on by pages, and from the last of them on live', async () => {
  const { session, calls, sent, say, shown } = open();
  session.show({}, { kind: 'at', at: second(10) });
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  expect(calls[0]?.query.to).toBe(second(10));
  await calls[0]?.answer([line(9), line(8)], { older: 'o', newer: 'n1' });
  expect(calls[1]?.query).toMatchObject({ after: 'n1', to: 'now' });
  expect(session.isLive).toBe(false);
  await calls[1]?.answer([line(11), line(10)], { newer: 'n2' });
  expect(shown()).toEqual(['line 8', 'line 9', 'line 10', 'line 11']);
  expect(session.snapshot().reveal?.row.key).toBe('line 10');
  expect(session.isLive).toBe(true);
  expect(sent.at(-1)).toMatchObject({ type: 'subscribe', from: '-30s' });
  session.close();
});

/** A cursor of one partition. */
const cursor = (offset: number) => `1.tag.${offset.toString(36)}`;
const hole = 'Lines may be missing around here: the database was behind when this was read.';

test('lines that the database did not have yet, and that come no more live, are fetched at once', async () => {
  const { session, calls, sent, say, shown } = open();
  session.show({}, { kind: 'live', span: '-15m' });
  say({ type: 'hello', cursor: cursor(99), project_id: 'shop' });
  say({ type: 'subscribed', cursor: cursor(90) });
  say({ type: 'logs', logs: [line(9)], cursor: cursor(91) });
  await calls[0]?.answer([line(2), line(1)], { live_from: cursor(80) });
  expect(sent.at(-1)).toEqual({ type: 'fetch', from: cursor(80), to: cursor(90), filter: {} });
  expect(shown()).toEqual(['line 1', 'line 2', hole, 'line 9']);
  say({ type: 'logs', logs: [line(2), line(5)], fetched: true });
  say({ type: 'fetched', from: cursor(80), to: cursor(90) });
  await vi.waitFor(() => expect(shown()).toEqual(['line 1', 'line 2', 'line 5', 'line 9']));
  session.close();
});

test('a database that is far behind leaves a gap that can be loaded; one that is not leaves none', async () => {
  const far = open();
  far.session.show({}, { kind: 'live', span: '-15m' });
  await far.calls[0]?.answer([line(1)], { live_from: cursor(0) });
  far.say({ type: 'hello', cursor: cursor(1), project_id: 'shop' });
  far.say({ type: 'subscribed', cursor: cursor(1_000_000) });
  expect(far.shown()).toEqual(['line 1', hole]);
  expect(far.sent.filter((frame) => 'type' in frame && frame.type === 'fetch')).toEqual([]);
  void far.session.fetchGap('gap 1');
  expect(far.sent.at(-1)).toEqual({ type: 'fetch', from: cursor(0), to: cursor(1_000_000), filter: {} });
  far.session.close();

  const near = open();
  near.session.show({}, { kind: 'live', span: '-15m' });
  await near.calls[0]?.answer([line(1)], { live_from: cursor(95), older: 'o1' });
  near.say({ type: 'hello', cursor: cursor(99), project_id: 'shop' });
  near.say({ type: 'subscribed', cursor: cursor(90) });
  // Going on after a pause begins later, and has nothing to do with what is stored.
  near.say({ type: 'subscribed', cursor: cursor(99) });
  expect(near.shown()).toEqual(['line 1']);
  near.session.close();
});

test('the hole is looked for where the past goes over to the present, too', async () => {
  const { session, calls, sent, say, shown } = open();
  session.show({}, { kind: 'at', at: second(10) });
  say({ type: 'hello', cursor: cursor(99), project_id: 'shop' });
  await calls[0]?.answer([line(9)], { older: 'o', newer: 'n1', live_from: cursor(10) });
  await calls[1]?.answer([line(11)], { newer: 'n2', live_from: cursor(80) });
  say({ type: 'subscribed', cursor: cursor(90) });
  expect(shown()).toEqual(['line 9', 'line 11', hole]);
  expect(sent.at(-1)).toEqual({ type: 'fetch', from: cursor(80), to: cursor(90), filter: {} });
  session.close();
});

test('after a moment before which there is nothing, what is stored since then is shown', async () => {
  const { session, calls, sent, say, shown } = open();
  session.show({}, { kind: 'at', at: second(10) });
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  await calls[0]?.answer([], { newer: null });
  // Nothing in the second, the minute, the hour, the day and the fortnight after it either.
  expect(calls[1]?.query).toMatchObject({ from: second(10), to: second(11) });
  for (const index of [1, 2, 3, 4, 5]) await calls[index]?.answer([], { newer: null });
  expect(calls[6]?.query).toMatchObject({ from: second(10), to: 'now' });
  await calls[6]?.answer([line(12), line(11)]);
  expect(shown()).toEqual(['line 11', 'line 12']);
  expect(sent.at(-1)).toMatchObject({ type: 'subscribe', from: '-30s' });
  session.close();
});

test('what one looks at does not go for what comes; once one follows again the oldest do', () => {
  const { session, say } = open();
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => ({
      ...line(3),
      id: `many ${String(from + index).padStart(6, '0')}`,
    }));
  session.show({}, { kind: 'live', span: '-15m' });
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  say({ type: 'subscribed', cursor: 'c1' });
  say({ type: 'logs', logs: lines(0, 100_000), cursor: 'c2' });
  session.setFollowing(false);
  say({ type: 'logs', logs: lines(100_000, 140_000), cursor: 'c3' });
  expect([session.buffer.length, session.buffer.at(0)?.key]).toEqual([140_000, 'many 000000']);
  say({ type: 'logs', logs: lines(140_000, 160_000), cursor: 'c4' });
  expect(session.buffer.length).toBe(150_000);
  expect(session.snapshot().stream.kind).toBe('waiting');
  session.setFollowing(true);
  expect([session.buffer.length, session.buffer.at(0)?.key]).toEqual([100_000, 'many 060000']);
  session.close();
});

test('a line at the beginning of all that is stored is shown with what follows it, not with the newest', async () => {
  const { session, calls, shown } = open();
  session.show({}, { kind: 'at', at: second(10) }, 'line 10');
  await calls[0]?.answer([], { newer: null });
  await calls[1]?.answer([line(10)], { newer: 'n1' });
  expect(calls[2]?.query).toMatchObject({ after: 'n1', to: 'now' });
  await calls[2]?.answer([line(12), line(11)], { newer: 'n2' });
  expect(shown()).toEqual(['line 10', 'line 11', 'line 12']);
  expect(session.snapshot().reveal?.row.key).toBe('line 10');
  session.close();
});

test('a live session brings the line that was asked for into sight among several of one moment, and another where it is gone', async () => {
  const twins = ['a', 'b', 'c'].map((id) => ({ ...line(10), id }));
  for (const [asked, revealed] of [
    ['b', 'b'],
    ['gone', 'a'],
  ]) {
    const { session, calls } = open();
    session.show({}, { kind: 'at', at: second(10) }, asked);
    await calls[0]?.answer([line(9)], { newer: 'n1' });
    await calls[1]?.answer(twins.toReversed(), { newer: 'n2' });
    expect(session.snapshot().reveal?.row.key).toBe(revealed);
    session.close();
  }
});

test('a filter that the server refuses leaves no lines of the one before, and says why without names of fields', async () => {
  const { session, calls, say, sent, shown } = open();
  session.show({}, { kind: 'live', span: '-15m' });
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  say({ type: 'subscribed', cursor: 'c1' });
  await calls[0]?.answer([line(1)]);
  session.show({ regex: '(' }, { kind: 'live', span: '-15m' });
  say({ type: 'error', code: 'message.invalid', detail: 'filter.regex: is not a regular expression' });
  expect(shown()).toEqual([]);
  expect(session.snapshot()).toMatchObject({
    refusal: { about: 'filter', reason: 'The expression is not a regular expression' },
    following: false,
  });
  expect(session.isLive).toBe(false);
  expect(sent.at(-1)).toEqual({ type: 'pause' });
  session.show({}, { kind: 'live', span: '-15m' });
  expect(session.snapshot().refusal).toBeUndefined();
  say({ type: 'subscribed', cursor: 'c2' });
  say({ type: 'logs', logs: [line(2)], cursor: 'c3' });
  expect(shown()).toEqual(['line 2']);
  session.close();
});

test('the refusal of a filter that is not wanted any more refuses nothing', () => {
  const { session, say } = open();
  session.show({ regex: '(' }, { kind: 'live', span: '-15m' });
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  session.show({}, { kind: 'live', span: '-15m' });
  say({ type: 'error', code: 'message.invalid', detail: 'filter.regex: is wrong' });
  expect(session.snapshot().refusal).toBeUndefined();
  session.close();
});

test('a time that the server refuses is said as one', async () => {
  const { session, calls } = open();
  session.show({}, { kind: 'live', span: '-400d' });
  await calls[0]?.fail(
    new ApiError('querystring.from: must be at most 92 days before to', {
      kind: 'refused',
      status: 422,
      title: 'Invalid',
      errors: [{ field: 'querystring.from', message: '' }],
    }),
  );
  expect(session.snapshot().refusal).toEqual({
    about: 'time',
    reason: 'The beginning of the time must be at most 92 days before its end',
  });
  session.close();
});

test('a line is late when it came live long after it happened, unless its source was not read then', () => {
  const { session, say } = open();
  session.readSince = new Map([['conn_1', Date.parse(second(20))]]);
  session.show({}, { kind: 'live', span: '-15m' });
  say({ type: 'hello', cursor: 'c0', project_id: 'shop' });
  say({ type: 'subscribed', cursor: 'c1' });
  const read = (number: number, at: string) => ({ ...line(number), connection_id: 'conn_1', ingest_timestamp: at });
  const minuteLater = '2026-01-31T08:01:30.000Z';
  say({ type: 'logs', logs: [read(10, minuteLater), read(30, minuteLater), read(31, second(40))], cursor: 'c2' });
  expect(session.buffer.slice(0, 3).map((row) => row.kind === 'line' && row.isLate)).toEqual([false, true, false]);
  session.close();
});
