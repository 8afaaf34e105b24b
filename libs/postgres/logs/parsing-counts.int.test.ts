import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Queryable } from '../connection/queryable.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { testRecord } from '../test-records.ts';
import { countParsing } from './parsing-counts.ts';

const second = 1_000_000;
const start = Date.UTC(2026, 0, 1) * 1000;
const parsers = ['json', 'java', 'plain'];
/** A line every 40 s for three hours, a third of them of another connection. */
const records = Array.from({ length: 270 }, (_, index) =>
  testRecord(index, {
    timestamp: start + index * 40 * second,
    connection_id: index % 3 === 2 ? 'conn_b' : 'conn_a',
    severity_number: index % 4 === 0 ? 0 : 9,
    parser: parsers[index % 5] ?? 'plain',
    attributes: index % 2 === 0 ? { 'log.time': '2026-01-01T00:00:00Z' } : { user: 'log.time' },
  }),
);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.store([...records, testRecord(9001, { project_id: 'other', timestamp: start })]);
});
afterAll(() => database?.drop());

const counting = (from: number, to: number, maxLines: number) => ({
  ...{ pool: database.pool, projectId: 'demo', connectionId: 'conn_a', from, to, maxLines },
  deadline: performance.now() + 120_000,
});

it('the newest lines of a connection are counted by level, time and parser, whatever the range and the limit', async () => {
  const time = fc.integer({ min: -1000 * second, max: 12_000 * second });
  await fc.assert(
    fc.asyncProperty(time, time, fc.integer({ min: 1, max: 200 }), async (one, other, maxLines) => {
      const [from, to] = [start + Math.min(one, other), start + Math.max(one, other) + 1];
      const counts = await countParsing(counting(from, to, maxLines));
      const range = records.filter(
        ({ connection_id: id, timestamp }) => id === 'conn_a' && timestamp >= from && timestamp < to,
      );
      const newest = range.slice(-maxLines);
      const ofParser = (name: string) => newest.filter(({ parser }) => parser === name).length;
      expect(counts).toEqual({
        lines: newest.length,
        withLevel: newest.filter(({ severity_number: number }) => number > 0).length,
        withTime: newest.filter(({ attributes }) => attributes['log.time'] !== undefined).length,
        byParser: new Map(parsers.map((name) => [name, ofParser(name)] as const).filter(([, count]) => count > 0)),
        since: newest.length === maxLines ? newest[0]?.timestamp : from,
      });
    }),
    { numRuns: 60 },
  );
});

it('a connection without a line is looked for to the beginning of the range in few statements', async () => {
  let statements = 0;
  const pool: Queryable = {
    query: (sql, values) => {
      statements++;
      return database.pool.query(sql, values);
    },
  };
  const day = 86_400 * second;
  const counts = await countParsing({
    ...counting(start - day, start, 100),
    connectionId: 'conn_none',
    pool,
  });
  expect([counts.lines, counts.since]).toEqual([0, start - day]);
  expect(statements).toBeLessThan(8);
});
