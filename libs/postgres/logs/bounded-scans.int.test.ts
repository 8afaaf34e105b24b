import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { testRecord } from '../test-records.ts';
import { countLogs } from './log-histogram.ts';
import { lookUpLogs } from './log-lookup.ts';
import { upsertLogs } from './log-rows.ts';
import { findLog, searchLogs } from './log-search.ts';

const minute = 60_000_000;
const day = 1440 * minute;
const start = Date.UTC(2026, 0, 1) * 1000;
const days = 20;
const perDay = 200;
const records: readonly LogRecord[] = Array.from({ length: days * perDay }, (_, index) =>
  testRecord(index, { timestamp: start + Math.floor((index * day) / perDay) }),
);
const range = { from: start, to: start + days * day };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase('native');
  await database.store(records);
  await database.pool.query('analyze logs');
});
afterAll(() => database?.drop());

function recordAt(atDay: number, index: number): LogRecord {
  return records[atDay * perDay + index]!;
}

/** The days whose partitions are read by the statements that work runs, as EXPLAIN ANALYZE shows of each. */
async function daysRead(work: (client: pg.ClientBase) => Promise<unknown>): Promise<number[]> {
  const client = await database.pool.connect();
  const partitions = new Set<string>();
  const explaining = new Proxy(client, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name, target);
      return (statement: unknown, values?: unknown[]) => {
        const run = () => Reflect.apply(target.query, target, [statement, values]);
        if (typeof statement !== 'string' || !/\b(from|into) logs\b/.test(statement)) return run();
        return explain(target, statement, values).then((read) => {
          for (const partition of read) partitions.add(partition);
          return run();
        });
      };
    },
  });
  try {
    await client.query('begin');
    await work(explaining);
    return [...partitions].map(dayOf).sort((one, other) => one - other);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}

/** The partitions that a statement looks into when it is run. Nothing of what it does stays. */
async function explain(client: pg.ClientBase, sql: string, values: unknown[] = []): Promise<readonly string[]> {
  await client.query('savepoint explaining');
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `explain (analyze, timing off, format json) ${sql}`,
    values,
  );
  await client.query('rollback to savepoint explaining');
  const looked: string[] = [];
  const visit = (node: PlanNode) => {
    const relation = node['Relation Name'];
    if (relation?.startsWith('logs_p') && node['Actual Loops'] > 0) looked.push(relation);
    node.Plans?.forEach(visit);
  };
  visit(rows[0]!['QUERY PLAN'][0].Plan);
  return looked;
}

/** `logs_p20260103` is 2. */
function dayOf(partition: string): number {
  const [, year, month, date] = /^logs_p(\d{4})(\d\d)(\d\d)$/.exec(partition) ?? [];
  return Math.round((Date.UTC(Number(year), Number(month) - 1, Number(date)) * 1000 - start) / day);
}

function search(client: pg.ClientBase, direction: 'older' | 'newer', from: LogRecord, limit = 50) {
  const options = { projectId: 'demo', filter: {}, ...range, direction, start: from, limit } as const;
  return searchLogs({ pool: client, ...options, deadline: performance.now() + 60_000 });
}

describe('a page of stored lines reads no more days than it needs', () => {
  it.each([
    ['of one day', 'older', 150, 50, [10]],
    ['of one day, upwards', 'newer', 20, 50, [10]],
    ['over a midnight', 'older', 20, 50, [9, 10]],
    ['over a midnight, upwards', 'newer', 180, 50, [10, 11]],
  ] as const)('%s', async (_, direction, index, limit, expected) => {
    const read = await daysRead(async (client) => {
      const { records: found } = await search(client, direction, recordAt(10, index), limit);
      expect(found).toHaveLength(limit);
    });
    expect(read).toEqual(expected);
  });

  it('page by page through all of them, each day about once', async () => {
    let position: LogRecord | undefined = recordAt(days - 1, perDay - 1);
    let pages = 0;
    let read = 0;
    while (position) {
      const from: LogRecord = position;
      read += (
        await daysRead(async (client) => {
          const { records: found, isLast } = await search(client, 'older', from, 100);
          position = isLast ? undefined : found.at(-1);
          pages += 1;
        })
      ).length;
    }
    expect(pages).toBe(40);
    // A page lies in one day, or in two of them.
    expect(read).toBeLessThanOrEqual(2 * pages);
  });
});

describe('other scans of stored lines read no more days than they need', () => {
  const upTo = (client: pg.ClientBase) => ({ pool: client, projectId: 'demo', deadline: performance.now() + 60_000 });

  it('one line by its key', async () => {
    const { timestamp, id } = recordAt(7, 3);
    const read = await daysRead(async (client) => {
      expect(await findLog(upTo(client), { timestamp, id })).toEqual(recordAt(7, 3));
    });
    // The microsecond before it may be of the day before.
    expect(read).toEqual([7]);
  });

  it('a histogram', async () => {
    const read = await daysRead(async (client) => {
      const { buckets } = await countLogs({
        ...upTo(client),
        filter: { level: 'info' },
        from: start + 5 * day,
        to: start + 6 * day,
        width: 60 * minute,
      });
      expect(buckets.size).toBe(24);
    });
    expect(read).toEqual([5]);
  });

  it('a look-up of many keys, also of days far apart', async () => {
    const wanted = [3, 12].flatMap((atDay) => Array.from({ length: 200 }, (_, index) => recordAt(atDay, index)));
    const read = await daysRead(async (client) => {
      expect(await lookUpLogs(client, 'demo', wanted)).toHaveLength(400);
    });
    expect(read).toEqual([3, 12]);
  });

  it('what the sink compares new lines with', async () => {
    const again = [4, 15].map((atDay) => recordAt(atDay, 8));
    const fresh = [4, 15].map((atDay) => testRecord(90_000 + atDay, { timestamp: recordAt(atDay, 8).timestamp }));
    const read = await daysRead(async (client) => {
      expect(await upsertLogs(client, [...again, ...fresh])).toBe(2);
    });
    expect(read).toEqual([4, 15]);
  });
});
