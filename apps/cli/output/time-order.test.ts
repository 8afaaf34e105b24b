import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { toLogLine } from '@tailrace/log-query/log-line.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TimeOrder } from './time-order.ts';

const line = (index: number, timestamp: number) => toLogLine(testRecord(index, { timestamp }));

async function ordered(parts: readonly (readonly LogLine[])[], most?: number) {
  const out: LogLine[] = [];
  const order = new TimeOrder(async (lines) => void out.push(...lines), most);
  for (const part of parts) await order.add(part);
  await order.end();
  return { out, misplaced: order.misplaced };
}

it('lines of several partitions come out in the order of their times, each once', async () => {
  const times = fc.array(fc.array(fc.integer({ min: 0, max: 2 ** 50 }), { maxLength: 20 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(times, async (parts) => {
      let index = 0;
      const given = parts.map((part) =>
        part.map((time) => {
          index += 1;
          return line(index, time);
        }),
      );
      const { out, misplaced } = await ordered(given);
      expect(misplaced).toBe(0);
      expect(out.map(({ timestamp }) => timestamp)).toEqual(
        given
          .flat()
          .map(({ timestamp }) => timestamp)
          .sort(),
      );
      expect(new Set(out.map(({ id }) => id)).size).toBe(index);
    }),
  );
});

it('no more lines are held than fit, and what comes too late for its place is counted', async () => {
  const lines = Array.from({ length: 100 }, (_, index) => line(index, index * 1000));
  const near = lines.map((_, index) => [lines[index ^ 1]!]);
  expect(await ordered(near, 10)).toEqual({ out: lines, misplaced: 0 });
  const late = [...lines.slice(1).map((each) => [each]), [lines[0]!]];
  const { out, misplaced } = await ordered(late, 10);
  expect(out).toHaveLength(100);
  expect(misplaced).toBe(1);
});
