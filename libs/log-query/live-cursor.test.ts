import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CursorError, decodeCursor, encodeCursor, recordsBetween } from './live-cursor.ts';

const log = { id: 'c0ffee00-1234', partitions: 4 };
const position = fc.array(fc.nat(2 ** 31 - 1), { minLength: 4, maxLength: 4 });

describe('a cursor of the live stream', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(position, (offsets) => {
        expect(decodeCursor(log, encodeCursor(log, offsets))).toEqual(offsets);
      }),
    );
  });

  it('that is none, or another log’s, is refused', () => {
    for (const text of ['', 'x', '1.c0ffee00.-1', '2.c0ffee00.1', '1.c0ffee00.1.1.1.1.1', '1.c0ffee00.zzzzzzzzzzzz']) {
      expect(() => decodeCursor(log, text), text).toThrow(CursorError);
    }
    expect(() => decodeCursor({ ...log, id: 'another' }, encodeCursor(log, [1, 2, 3, 4]))).toThrow('no longer exists');
  });
});

describe('records between two cursors', () => {
  it('are those by which the other is further on, partition by partition', () => {
    const between = (from: readonly number[], to: readonly number[]) =>
      recordsBetween(encodeCursor(log, from), encodeCursor(log, to));
    expect(between([5, 5, 5, 5], [5, 5, 5, 5])).toBe(0);
    expect(between([9, 9, 9, 9], [5, 5, 5, 5])).toBe(0);
    expect(between([5, 9, 5, 5], [8, 5, 5, 15])).toBe(13);
    // Partitions that were added since are read from their beginning.
    expect(between([5, 5], [5, 5, 7])).toBe(7);
  });

  it('cannot be made of two logs', () => {
    expect(recordsBetween(encodeCursor(log, [1]), encodeCursor({ ...log, id: 'another' }, [1]))).toBeUndefined();
    expect(recordsBetween('junk', 'junk')).toBeUndefined();
    expect(recordsBetween('1.a.?', '1.a.2')).toBeUndefined();
  });
});
