import type { LogLine } from '@tailrace/http/contract/generated.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareRows, lineRow, type Row } from './row.ts';

const row = (id: string, timestamp: string, offset: number, partition = 0): Row =>
  lineRow({ id, timestamp, raw: { topic: 'logs.raw.aws', partition, offset } } as LogLine);
const at = '2026-01-31T08:00:00.123Z';

test('lines of one moment stand as they came, whatever their ids', () => {
  const rows = [row('c', at, 7), row('a', at, 9), row('b', at, 8), row('z', '2026-01-31T08:00:00.122999999Z', 99)];
  expect(rows.sort(compareRows).map(({ key }) => key)).toEqual(['z', 'c', 'b', 'a']);
});

test('a gap stands behind the lines of its moment', () => {
  const [{ time }] = [row('a', at, 1)];
  const gap: Row = { kind: 'gap', key: '0', time, gap: undefined, note: '' };
  expect([gap, row('z', at, 9)].sort(compareRows).map(({ kind }) => kind)).toEqual(['line', 'gap']);
});

test('it is an order', () => {
  const moment = fc.constantFrom('2026-01-31T08:00:00Z', at);
  const any = fc.record({ id: fc.string(), moment, offset: fc.nat(3), partition: fc.nat(1) });
  const rowOf = ({
    id,
    moment,
    offset,
    partition,
  }: {
    id: string;
    moment: string;
    offset: number;
    partition: number;
  }) => row(id, moment, offset, partition);
  fc.assert(
    fc.property(any, any, any, (first, second, third) => {
      const [a, b, c] = [rowOf(first), rowOf(second), rowOf(third)];
      expect(Math.sign(compareRows(a, b))).toBe(-Math.sign(compareRows(b, a)) || 0);
      if (compareRows(a, b) <= 0 && compareRows(b, c) <= 0) expect(compareRows(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});
