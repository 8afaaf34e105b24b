import { logFilter } from '@tailrace/log-query/log-filter.ts';
import { compileFilter } from '@tailrace/log-query/matcher.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPool } from '../connection/pool.ts';
import { boundedQueries } from '../connection/queryable.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { testRecord } from '../test-records.ts';
import { countLogs } from './log-histogram.ts';
import { findLog, type LogSearchOptions, searchLogs } from './log-search.ts';

const second = 1_000_000;
const start = Date.UTC(2026, 0, 1) * 1000;
const bodies = [
  'GET /a 200',
  'get /A 500',
  'timeout after 30ms',
  'ÄRGER im System',
  'ärger 100%',
  '50_50',
  String.raw`C:\temp`,
  'x'.repeat(5000),
];
const levels = [0, 1, 5, 9, 10, 13, 17, 18, 21, 24];
/** Several in the same microsecond, and two days far apart. */
const records: LogRecord[] = Array.from({ length: 600 }, (_, index) =>
  testRecord(index, {
    timestamp:
      start + Math.floor(index / 3) * second + (index >= 500 ? 86_400 * second : 0) + (index % 2 === 0 ? 0 : 1),
    body: `${bodies[index % bodies.length]} ${index}`,
    severity_number: levels[index % levels.length]!,
    connection_id: index % 7 === 0 ? 'conn_b' : 'conn_a',
    stream: `stream-${index % 3}`,
    attributes: index % 5 === 0 ? { 'http.status': '500', user: "o'neill" } : { 'http.status': '200' },
    trace_id: index % 11 === 0 ? 'a'.repeat(32) : null,
  }),
);
const others = [
  testRecord(9001, { project_id: 'other', timestamp: start }),
  testRecord(9002, { project_id: 'other', timestamp: start + 5 * second }),
];
const sorted = [...records].sort((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
const range = { from: start, to: start + 2 * 86_400 * second };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.store([...records, ...others]);
});
afterAll(() => database?.drop());

function options(changes: Partial<LogSearchOptions> = {}): LogSearchOptions {
  return {
    pool: database.pool,
    projectId: 'demo',
    filter: {},
    ...range,
    direction: 'older',
    limit: 100,
    deadline: performance.now() + 30_000,
    ...changes,
  };
}

async function pages(changes: Partial<LogSearchOptions>): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (let position = changes.start; ; ) {
    const page = await searchLogs(options({ ...changes, start: position }));
    all.push(...page.records);
    if (page.isLast) return all;
    position = page.end;
  }
}

describe('searchLogs', () => {
  it('gives back what was written', async () => {
    const { records: found } = await searchLogs(options({ direction: 'newer', limit: 1000 }));
    expect(found).toEqual(sorted);
  });

  it('pages both ways through records of the same microsecond without a gap or a double', async () => {
    expect(await pages({ direction: 'older', limit: 7 })).toEqual([...sorted].reverse());
    expect(await pages({ direction: 'newer', limit: 7 })).toEqual(sorted);
    const middle = { timestamp: sorted[300]!.timestamp, id: sorted[300]!.id };
    expect(await pages({ direction: 'newer', start: middle })).toEqual(sorted.slice(301));
    expect(await pages({ direction: 'older', start: middle })).toEqual(sorted.slice(0, 300).reverse());
  });

  it('keeps to its project and range', async () => {
    const from = start + 3 * second;
    const to = start + 5 * second;
    const expected = sorted.filter((record) => record.timestamp >= from && record.timestamp < to);
    expect(await pages({ from, to, direction: 'newer' })).toEqual(expected);
    expect((await pages({ projectId: 'other' })).map((record) => record.project_id)).toEqual(['other', 'other']);
    expect(await pages({ projectId: 'nobody' })).toEqual([]);
  });

  it('finds what the live matcher finds, whatever the filter', async () => {
    const words = fc.constantFrom(
      'get',
      'GET /A',
      'ärger',
      'Ärger',
      '0%',
      '50_',
      '\\t',
      "'",
      'x'.repeat(100),
      'nothing',
    );
    const filters = fc.record(
      {
        level: fc.constantFrom('trace', 'warn', 'error'),
        levels: fc.uniqueArray(fc.constantFrom('unset', 'info', 'error', 'fatal'), { minLength: 1 }),
        connections: fc.constantFrom(['conn_a'], ['conn_b', 'conn_c']),
        text: words,
        exclude: words,
        regex: fc.constantFrom('(?i)get /a', String.raw`\d{3}$`, '^x+ '),
        attributes: fc.constantFrom(
          { 'http.status': '500' },
          { user: "o'neill" },
          { 'service.name': 'shop' },
          { "a'b": '1' },
          { 'http.status': ['500', '200', '500'] },
        ),
        exclude_attributes: fc.constantFrom(
          { 'http.status': '500' },
          { missing: 'x' },
          { 'http.status': ['200', '500'] },
        ),
        stream: fc.constantFrom('stream-1', 'nowhere'),
        parser: fc.constantFrom('plain', 'json'),
        trace_id: fc.constant('a'.repeat(32)),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(filters, async (given) => {
        const filter = logFilter.parse(given);
        const matches = compileFilter(filter);
        expect(await pages({ filter, limit: 50 })).toEqual(sorted.filter(matches).reverse());
      }),
      { numRuns: 60 },
    );
  });

  it('does not fail on NUL in a filter', async () => {
    expect(await pages({ filter: { text: 'a\0b', attributes: { 'x\0': '\0' } } })).toEqual([]);
    expect(await pages({ filter: { connections: ['conn\0'] } })).toEqual([]);
  });

  it('reports how far it came when the time is up, and continues from there', async () => {
    const page = await searchLogs(options({ filter: { text: 'no line has this' }, deadline: 0 }));
    expect(page).toMatchObject({ records: [], isLast: false });
    expect(page.end.timestamp).toBeLessThan(range.to);
    expect(await pages({ filter: { text: 'line' }, deadline: 0 })).toEqual([]);
  });

  it('looks at shorter stretches when a statement takes too long, and says so when even those do', async () => {
    const slow = openPool({
      url: database.url,
      applicationName: 'slow',
      max: 1,
      onIdleError: () => undefined,
    });
    const bounded = boundedQueries(slow, { statementTimeoutMs: 1000, answerTimeoutMs: 60_000 });
    const client = await database.pool.connect();
    await client.query('begin');
    await client.query('lock table logs in access exclusive mode');
    await expect(searchLogs(options({ pool: bounded }))).rejects.toMatchObject({ code: 'log_search.too_slow' });
    await client.query('rollback');
    client.release();
    expect((await searchLogs(options({ pool: bounded, limit: 5 }))).records).toHaveLength(5);
    await slow.end();
  });

  it('says that the database is unreachable', async () => {
    const away = openPool({
      url: 'postgres://nobody@127.0.0.1:1/none',
      applicationName: 'away',
      onIdleError: () => undefined,
    });
    await expect(searchLogs(options({ pool: away }))).rejects.toMatchObject({
      code: 'postgres.unavailable',
      remedy: 'reconnect',
    });
    await away.end();
  });
});

describe('findLog', () => {
  it('finds a record by its key, in its project only', async () => {
    const { timestamp, id } = sorted[42]!;
    expect(await findLog(options(), { timestamp, id })).toEqual(sorted[42]);
    expect(await findLog(options({ projectId: 'other' }), { timestamp, id })).toBeUndefined();
    expect(await findLog(options(), { timestamp: timestamp + 1, id })).toBeUndefined();
  });
});

describe('countLogs', () => {
  const width = 60 * second;
  const histogram = { from: start, to: start + 300 * second, width };
  const inRange = sorted.filter((record) => record.timestamp < histogram.to);

  it.each([{}, { level: 'error' } as const, { text: 'get' }, { regex: '^GET' }, { text: 'ÄRGER' }])(
    'counts by time and level: %j',
    async (filter) => {
      const { buckets, firstCounted } = await countLogs({ ...options({ filter }), ...histogram });
      const expected = inRange.filter(compileFilter(filter));
      const total = [...buckets.values()]
        .flatMap((counts) => Object.values(counts))
        .reduce((sum, count) => sum + count, 0);
      expect(firstCounted).toBe(start / width);
      expect(total).toBe(expected.length);
      const first = expected.filter(
        (record) => record.timestamp < start + width && record.severity_number >= 17 && record.severity_number < 21,
      );
      expect(buckets.get(start / width)?.error ?? 0).toBe(first.length);
    },
  );

  it('counts no record outside the range, where it cuts buckets', async () => {
    const cut = { from: start + 30 * second, to: start + 90 * second, width };
    const { buckets } = await countLogs({ ...options(), ...cut });
    const total = [...buckets.values()]
      .flatMap((counts) => Object.values(counts))
      .reduce((sum, count) => sum + count, 0);
    expect([...buckets.keys()].sort()).toEqual([start / width, start / width + 1]);
    expect(total).toBe(sorted.filter((record) => record.timestamp >= cut.from && record.timestamp < cut.to).length);
  });

  it('reports which buckets it did not reach', async () => {
    const { firstCounted } = await countLogs({
      ...options({ filter: { regex: 'x' } }),
      from: start,
      to: start + 30 * 86_400 * second,
      width: 86_400 * second,
      deadline: 0,
    });
    expect(firstCounted).toBeGreaterThan(start / (86_400 * second));
  });
});
