import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogBuffer } from './log-buffer.ts';
import { type Row, sortableTime } from './row.ts';

const row = (time: number) =>
  ({
    kind: 'gap',
    key: String(time),
    time: String(time).padStart(6, '0'),
    gap: undefined,
    note: '',
  }) satisfies Row;

test('the buffer of lines holds the newest rows, in order, each once, whatever comes in which order', () => {
  const batches = fc.array(fc.array(fc.nat(300), { maxLength: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(batches, fc.integer({ min: 1, max: 100 }), (given, capacity) => {
      const buffer = new LogBuffer(capacity);
      let model: number[] = [];
      for (const batch of given) {
        const before = new Set(model);
        const added = buffer.add(batch.map(row));
        expect(added).toBe(new Set(batch.filter((time) => !before.has(time))).size);
        model = [...new Set([...model, ...batch])].sort((a, b) => a - b).slice(-capacity);
        expect(buffer.slice(0, buffer.length).map(({ key }) => Number(key))).toEqual(model);
      }
      for (const [index, time] of model.entries()) expect(buffer.indexOf(row(time))).toBe(index);
    }),
  );
});

test('a row that was removed can come again', () => {
  const buffer = new LogBuffer(10);
  buffer.add([row(1), row(2)]);
  buffer.remove('1');
  expect(buffer.length).toBe(1);
  expect(buffer.add([row(1)])).toBe(1);
  expect(buffer.at(0)?.key).toBe('1');
});

test('the buffer of lines counts what had to go', () => {
  const buffer = new LogBuffer(3);
  buffer.add([1, 2, 3, 4, 5].map(row));
  expect(buffer.dropped).toBe(2);
  buffer.clear();
  expect([buffer.dropped, buffer.length]).toEqual([0, 0]);
});

test('times of any number of digits are in order as text', () => {
  const times = [
    '2026-01-31T08:00:00.123Z',
    '2026-01-31T08:00:00.123456Z',
    '2026-01-31T08:00:00.123456789Z',
    '2026-01-31T08:00:00.124Z',
  ];
  expect(times.map(sortableTime).sort()).toEqual(times.map(sortableTime));
});
