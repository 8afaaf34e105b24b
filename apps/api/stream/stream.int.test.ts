import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
    attributes: {
      'http.status': index % 10 === 0 ? '500' : '200',
      ...(index % 2 === 0 && { took: `${index}ms` }),
      ...(index === 7 && { level: 'verbose' }),
    },
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

it('the search of stored lines refuses a range that lies before 1970, and goes on', async () => {
  const answer = await api.call('/stream/demo?from=0000-01-01T00:00:00Z&to=0000-01-02T00:00:00Z');
  expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining('must be before to')]);
  expect((await get(`/stream/demo?${range}`)).logs.length).toBeGreaterThan(0);
});

it('the search of stored lines counts by time and level', async () => {
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

describe('aggregate', () => {
  const aggregate = (query: string) => get(`/stream/demo/aggregate?${range}&${query}`);

  it('counts all lines when nothing else is asked', async () => {
    expect(await aggregate('')).toMatchObject({
      ...{ lines: 250, unit: null, interval_ms: null, starts: [], groups: [], others: null, approximations: [] },
      ...{ total: { results: { count: 250 } }, counted_from: '2026-01-01T00:00:00.000Z' },
    });
  });

  it('groups by fields, the greatest first, and says how many groups it left out', async () => {
    const found = await aggregate('by=connection&by=http.status&functions=count,rate&top=2');
    expect(found).toMatchObject({
      by: ['connection', 'http.status'],
      groups: [
        { group: ['conn_a', '200'], results: { count: 200, rate: 200 / 3600 } },
        { group: ['conn_b', '200'], results: { count: 25 } },
      ],
      ...{ groups_left_out: 1, others: { results: { count: 25 } } },
    });
  });

  it('makes numbers of durations, in seconds, and counts the lines that have none', async () => {
    const found = await aggregate('field=took&functions=sum,avg,min,max,p50,p99&query=-level:error&buckets=60');
    const took = records.flatMap((_, index) => (index % 2 === 0 && index % 10 !== 0 ? [index / 1000] : []));
    expect(found).toMatchObject({ unit: 'seconds', lines: 225, lines_without_number: 125, interval_ms: 60_000 });
    expect(found.total.results).toEqual({
      sum: expect.closeTo(took.reduce((a, b) => a + b, 0)),
      avg: expect.closeTo(took.reduce((a, b) => a + b, 0) / took.length),
      ...{ min: 0.002, max: 0.248, p50: took[49], p99: took[98] },
    });
    expect(found.total.series.max.slice(0, 6)).toEqual([0.058, 0.118, 0.178, 0.238, 0.248, null]);
    expect(found.starts[1]).toBe('2026-01-01T00:01:00.000Z');
  });

  it('distinguishes the level from an attribute of that name in quotes', async () => {
    expect((await aggregate('by=level')).groups.map(({ group }: { group: string[] }) => group)).toEqual([
      ['info'],
      ['error'],
    ]);
    expect((await aggregate('by=%22level%22')).groups).toMatchObject([
      { group: [null], results: { count: 249 } },
      { group: ['verbose'], results: { count: 1 } },
    ]);
  });

  it.each([
    ['functions=median', 'functions', /median is no function: there are count, rate, .* p95/],
    ['functions=count,p100', 'functions', /p100 is no function/],
    ['functions=sum', 'field', /is needed for sum/],
    ['unit=size', 'unit', /give field too/],
    ['functions=sum&field=level', 'field', /level is no number: .* in quotes/],
    ['by=body', 'by', /body does not group lines/],
    ['by=flags', 'by', /may have several/],
    ['by=a&by=b&by=c&by=d', 'by', /3 times at most/],
    ['step=1s', 'step', /must be at least 4s in this range/],
    ['step=fast', 'step', /such as 30s, 5m, 1h or 1d/],
    ['step=1m&buckets=3', 'step', /beside buckets/],
    ['buckets=1000&by=level&top=100&functions=count,rate', 'top', /must be at most 69 with so many parts/],
    ['top=0', 'top', /./],
    ['query=status%3E', 'query', /nothing follows/],
  ])('refuses %s and says what would be right', async (query, parameter, message) => {
    const { status, body } = await api.call(`/stream/demo/aggregate?${range}&${query}`);
    expect([status, body.errors?.[0]?.field]).toEqual([422, `querystring.${parameter}`]);
    expect(body.errors[0].message).toMatch(message);
  });

  it('shows no line of another project', async () => {
    expect((await api.call(`/stream/other/aggregate?${range}`)).status).toBe(404);
    const token = await tokenFor('viewer', ['other']);
    expect((await get(`/stream/other/aggregate?${range}`, token)).lines).toBe(1);
  });
});

describe('fields', () => {
  it('are listed with their kinds and most frequent values, an attribute named as a field of every line in quotes', async () => {
    const { lines, complete, fields } = await get(`/stream/demo/fields?${range}&values=2`);
    expect([lines, complete]).toEqual([250, true]);
    const byName = new Map(fields.map(({ name, ...field }: { name: string }) => [name, field]));
    expect(Object.fromEntries(byName)).toMatchObject({
      level: {
        kind: 'text',
        lines: 250,
        values: [
          { value: 'info', lines: 225 },
          { value: 'error', lines: 25 },
        ],
      },
      service: { lines: 250, values: [{ value: 'shop', lines: 250 }] },
      'http.status': {
        kind: 'number',
        distinct: 2,
        values: [
          { value: '200', lines: 225 },
          { value: '500', lines: 25 },
        ],
      },
      took: { kind: 'duration', lines: 125, distinct: 125 },
      '"level"': { lines: 1, values: [{ value: 'verbose', lines: 1 }] },
    });
    expect(byName.has('trace')).toBe(false);
  });

  it('are those of the newest lines alone when that many are asked for, and the answer says so', async () => {
    const found = await get(`/stream/demo/fields?${range}&sample=100&limit=3`);
    expect(found).toMatchObject({ lines: 100, complete: false, counted_from: '2026-01-01T00:02:30.000Z' });
    expect(found.fields.map(({ name }: { name: string }) => name)).toEqual(['level', 'connection', 'provider']);
    expect(found.fields_left_out).toBe(6);
  });

  it('have values that are found in old lines too, by what they begin with', async () => {
    const ask = async (query: string) => {
      const { values, lines } = await get(`/stream/demo/fields/values?${range}&sample=20&${query}`);
      return [lines, values.map(({ value }: { value: string }) => value)];
    };
    expect(await ask('field=%22level%22')).toEqual([1, ['verbose']]);
    expect(await ask('field=took&prefix=2ms')).toEqual([1, ['2ms']]);
    expect(await ask('field=took&prefix=18&query=order%20-failed')).toEqual([
      6,
      ['180ms', '182ms', '184ms', '186ms', '188ms', '18ms'],
    ]);
    expect(await ask('field=took&prefix=1%20m')).toEqual([0, []]);
  });

  it('refuses the values of a body', async () => {
    const { status, body } = await api.call(`/stream/demo/fields/values?${range}&field=body`);
    expect([status, body.errors[0].field]).toEqual([422, 'querystring.field']);
  });
});

describe('on the command line', () => {
  const main = join(import.meta.dirname, '../../cli/main.ts');
  async function tailrace(...args: readonly string[]): Promise<string> {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [main, ...args, '--project', 'demo', '--since', '2026-01-01T00:00:00Z', '--until', '2026-01-01T01:00:00Z'],
      {
        env: {
          PATH,
          NODE_COMPILE_CACHE,
          NO_COLOR: '1',
          TAILRACE_URL: api.base,
          TAILRACE_TOKEN: await tokenFor('viewer'),
        },
      },
    );
    return stdout;
  }

  it('count prints how many lines match, a table by fields and time, and the answer as JSON', async () => {
    expect(await tailrace('count', 'level:error')).toBe('25\n');
    expect(await tailrace('count', '--by', 'connection', '--by', 'level', '--limit', '2')).toBe(
      [
        'LINES  SHARE  CONNECTION  LEVEL',
        '200    80 %   conn_a      info',
        '25     10 %   conn_b      error',
        '25     10 %   (1 more)',
        '',
      ].join('\n'),
    );
    const inTime = await tailrace('count', 'level:error', '--step', '30m');
    expect(inTime.split('\n')).toEqual([
      'TIME                      LINES',
      '2026-01-01T00:00:00.000Z  25',
      '2026-01-01T00:30:00.000Z  0',
      '',
    ]);
    expect(JSON.parse(await tailrace('count', '--json'))).toMatchObject({ lines: 250 });
  });

  it('top prints the most frequent values of a field with their shares', async () => {
    expect(await tailrace('top', 'http.status', 'stream:stream-0')).toBe(
      'LINES  SHARE  HTTP.STATUS\n100    80 %   200\n25     20 %   500\n',
    );
  });

  it('top names the option that is wrong', async () => {
    await expect(tailrace('top', 'body')).rejects.toMatchObject({
      stderr: expect.stringContaining('--by: body does not'),
    });
  });
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

it('the search of stored lines says that the database is unreachable, and works again when it is back', async () => {
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
