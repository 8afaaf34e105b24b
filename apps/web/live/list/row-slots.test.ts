import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowSlots } from './row-slots.ts';

const slots = 20;
const drawn = (rows: RowSlots, first: number) =>
  Array.from({ length: slots }, (_, offset) => rows.of(first + offset, slots));

test('no two rows share a slot, wherever one jumps', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000)), (places) => {
      const rows = new RowSlots();
      for (const first of places) {
        rows.moveTo(first, slots);
        expect(new Set(drawn(rows, first)).size).toBe(slots);
      }
    }),
  );
});

test('a step keeps the slots of the rows that stay', () => {
  const rows = new RowSlots();
  rows.moveTo(500, slots);
  const before = new Map(drawn(rows, 500).map((slot, offset) => [500 + offset, slot]));
  rows.moveTo(503, slots);
  for (let index = 503; index < 520; index += 1) expect(rows.of(index, slots)).toBe(before.get(index));
});

test('a jump keeps the order of the slots', () => {
  const rows = new RowSlots();
  rows.moveTo(507, slots);
  const before = drawn(rows, 507);
  for (const first of [90_011, 3, 44_444]) {
    rows.moveTo(first, slots);
    expect(drawn(rows, first)).toEqual(before);
  }
});
