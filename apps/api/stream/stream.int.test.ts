import { decodeCursor } from '@tailrace/log-query/live-cursor.ts';
import type { LogLine } from '@tailrace/log-query/log-line.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi, tokenFor } from '../test-api.ts';

const second = 1_000_000;
const start = Date.UTC(2026, 0, 1) * 1000;
const range = 'from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z';
const records: LogRecord[] = Array.from({ length: 250 }, (_, index) =>
  testRecord(index, {
    timestamp: start + index * second + (index % 3),
    timestamp_nanos: index % 2 === 0 ? 0 : 789,
    severity_number: index % 10 === 0 ? 17 : 9,
    connection_id: index % 5 === 0 ? 'conn_b' : 'conn_a',
    stream: `stream-${index % 2}`,
    body: index % 50 === 0 ? `order ${index} Failed: <script>alert(1)</script>` : `order ${index} placed`,
    attributes: { 'http.status': index % 10 === 0 ? '500' : '200' },
  }),
);

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.store([...records, testRecord(999, { project_id: 'other', timestamp: start })]);
  api = await startTestApi({ databaseUrl: database.url });
});
afterAll(async () => {
  await api?.close();
  await database?.drop();
});

async function get(path: string, token?: string) {
  const { status, body } = await api.call(path, token === undefined ? {} : { token });
  expect([path, status, body.detail]).toEqual([path, 200, undefined]);
  return body;
}
const ids = (lines: LogLine[]) => lines.map((line) => line.id);
const newestFirst = [...records].reverse().map((record) => record.id);

describe('GET stream/{project_id}', () => {
  it('gives the newest lines first, as they were written', async () => {
    const { logs, complete } = await get(`/stream/demo?${range}&limit=3`);
    expect(ids(logs)).toEqual(newestFirst.slice(0, 3));
    expect(complete).toBe(true);
    expect(logs[0]).toMatchObject({
      timestamp: '2026-01-01T00:04:09.000000789Z',
      level: 'info',
      body: 'order 249 placed',
      project_id: 'demo',
      attributes: { 'http.status': '200' },
      raw: { topic: 'logs.raw.aws', partition: 0, offset: 249 },
    });
  });

  it('says from where the live stream goes on', async () => {
    expect((await get(`/stream/demo?${range}&limit=1`)).live_from).toBeNull();
    await database.pool.query(
      `insert into sink_offsets (topic, partition, topic_id, next_offset, epoch)
       values ('logs', 0, 'c0ffee', 35, 1), ('logs', 2, 'c0ffee', 36, 1), ('logs', 1, 'c0ffee', -1, 1), ('logs.replayed', 0, 'beef', 7, 1)`,
    );
    const { live_from: cursor } = await get(`/stream/demo?${range}&limit=1`);
    expect(decodeCursor({ id: 'c0ffee', partitions: 4 }, cursor)).toEqual([35, 0, 36, 0]);
  });

  it('pages to the oldest line and back to the newest', async () => {
    const down: string[] = [];
    let cursor = '';
    let top = '';
    for (;;) {
      const page = await get(`/stream/demo?${range}&limit=40${cursor}`);
      down.push(...ids(page.logs));
      top = page.newer ?? top;
      if (page.older === null) break;
      cursor = `&before=${page.older}`;
    }
    expect(down).toEqual(newestFirst);
    const up: string[] = [];
    for (;;) {
      const page = await get(`/stream/demo?${range}&limit=40&after=${top}`);
      if (page.logs.length === 0) break;
      up.unshift(...ids(page.logs));
      top = page.newer;
    }
    const lastPage = newestFirst.length % 40;
    expect(up).toEqual(newestFirst.slice(0, newestFirst.length - lastPage));
  });

  it('gives what was stored after the newest line, by the same cursor', async () => {
    const { newer } = await get(`/stream/demo?${range}&limit=1`);
    expect((await get(`/stream/demo?${range}&after=${newer}`)).logs).toEqual([]);
    const late = testRecord(5000, { timestamp: start + 1000 * second });
    await database.store([late]);
    const { logs } = await get(`/stream/demo?${range}&after=${newer}`);
    expect(ids(logs)).toEqual([late.id]);
    await database.pool.query('delete from logs where id = $1', [late.id]);
  });

  it.each([
    ['level=error', 25],
    ['levels=error,fatal', 25],
    ['connection=conn_b', 50],
    ['text=FAILED', 5],
    ['exclude=placed', 5],
    ['regex=order%20%5Cd%20', 10],
    ['attribute=http.status%3D500', 25],
    ['attribute=http.status%3D500&attribute=service.name%3Dshop', 25],
    ['exclude_attribute=http.status%3D500', 225],
    ['exclude_attribute=http.status%3D500&exclude_attribute=http.status%3D200', 0],
    ['attribute=http.status%3D500&attribute=http.status%3D404', 25],
    ['stream=stream-1', 125],
    ['filter=%7B%22level%22%3A%22error%22%7D&connection=conn_b', 25],
    ['level=error&exclude=failed', 20],
    ['trace_id=00000000000000000000000000000000', 0],
  ])('finds by %s', async (query, count) => {
    const { logs, older } = await get(`/stream/demo?${range}&limit=1000&${query}`);
    expect([logs.length, older]).toEqual([count, null]);
  });

  it('shows no line of another project', async () => {
    expect((await get(`/stream/other?${range}`, await tokenFor('viewer', ['other']))).logs).toHaveLength(1);
    expect((await api.call(`/stream/other?${range}`)).status).toBe(404);
    expect((await get(`/stream/demo?${range}&connection=conn_of_other&limit=1000`)).logs).toEqual([]);
  });
});

it('refuses a range that lies before 1970, and goes on', async () => {
  const answer = await api.call('/stream/demo?from=0000-01-01T00:00:00Z&to=0000-01-02T00:00:00Z');
  expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining('must be before to')]);
  expect((await get(`/stream/demo?${range}`)).logs.length).toBeGreaterThan(0);
});

it('counts by time and level', async () => {
  const histogram = await get(`/stream/demo/histogram?${range}&buckets=60`);
  expect(histogram.interval_ms).toBe(60_000);
  expect(histogram.buckets).toHaveLength(60);
  expect(histogram.buckets[0]).toEqual({
    start: '2026-01-01T00:00:00.000Z',
    total: 60,
    levels: { error: 6, info: 54 },
  });
  const failed = await get(`/stream/demo/histogram?${range}&text=failed&buckets=1`);
  expect(failed.buckets).toEqual([{ start: '2026-01-01T00:00:00.000Z', total: 5, levels: { error: 5 } }]);
});

describe('context', () => {
  const line = records[100]!;
  const same = records.filter((record) => record.stream === line.stream && record.connection_id === line.connection_id);
  const at = same.indexOf(line);

  it('gives the lines around a line, of its own stream and connection', async () => {
    const { logs } = await get(`/stream/demo?${range}&limit=1000&text=order%20100%20`);
    const {
      before,
      line: found,
      after,
    } = await get(`/stream/demo/context/${line.id}?timestamp=${logs[0].timestamp}&before=3&after=2`);
    expect(found).toEqual(logs[0]);
    expect(ids(before)).toEqual(same.slice(at - 3, at).map((record) => record.id));
    expect(ids(after)).toEqual(same.slice(at + 1, at + 3).map((record) => record.id));
  });

  it('does not find a line of another project', async () => {
    const path = `/stream/other/context/${line.id}?timestamp=2026-01-01T00:01:40.000001Z`;
    expect((await api.call(path, { token: await tokenFor('viewer', ['other']) })).status).toBe(404);
    expect((await api.call(path)).status).toBe(404);
  });
});

it('says that the database is unreachable, and works again when it is back', async () => {
  await database.pool.query('alter table logs rename to logs_away');
  expect(await api.call(`/stream/demo?${range}`)).toMatchObject({
    status: 503,
    body: { detail: 'The log database is unreachable.' },
  });
  expect(api.database.trouble).toBeDefined();
  await database.pool.query('alter table logs_away rename to logs');
  await expect.poll(() => api.database.trouble, { timeout: 10_000 }).toBeUndefined();
  expect((await get(`/stream/demo?${range}&limit=1`)).logs).toHaveLength(1);
});
