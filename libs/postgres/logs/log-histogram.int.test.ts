import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { testRecord } from '../test-records.ts';
import { countLogs } from './log-histogram.ts';

const day = 86_400_000_000;
const epochDays = 3;
/** Around 1970, many of them at the very edges of seconds, minutes, hours and days. */
const times = [1, 7, 1000, 60_000_000, 3_600_000_000, day].flatMap((unit) =>
  Array.from({ length: 40 }, (_, index) => (index - 20) * unit).flatMap((time) => [time - 1, time, time + 1]),
);
const records = [...new Set(times)]
  .filter((time) => Math.abs(time) < epochDays * day)
  .map((timestamp, index) => testRecord(index, { timestamp, severity_number: index % 3 === 0 ? 17 : 9 }));

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.store(records);
});
afterAll(() => database?.drop());

it('lines fall into the bucket whose number is their time divided by its width, also before 1970 and at odd widths', async () => {
  const time = fc.integer({ min: -epochDays * day, max: epochDays * day });
  const width = fc.oneof(
    fc.constantFrom(1000, 60_000_000, 3_600_000_000, day, 7 * day, 400 * day),
    fc.integer({ min: 1_000_000, max: 5 * day }),
  );
  await fc.assert(
    fc.asyncProperty(time, time, width, async (one, other, width) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other) + 1];
      const options = { pool: database.pool, projectId: 'demo', filter: {}, from, to, width };
      const { buckets, firstCounted } = await countLogs({ ...options, deadline: performance.now() + 120_000 });
      const expected = new Map<number, number>();
      for (const { timestamp } of records) {
        if (timestamp < from || timestamp >= to) continue;
        const bucket = Math.floor(timestamp / width);
        expected.set(bucket, (expected.get(bucket) ?? 0) + 1);
      }
      const counted = [...buckets].map(([bucket, { info = 0, error = 0 }]) => [bucket, info + error] as const);
      expect(new Map(counted)).toEqual(expected);
      expect(firstCounted).toBe(Math.floor(from / width));
    }),
    { numRuns: 100 },
  );
});
