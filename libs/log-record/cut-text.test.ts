import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToBytes, cutToLength } from './cut-text.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('cutToBytes', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    ['aä', 2, 'a'],
    ['aä', 3, 'aä'],
    ['a😀', 4, 'a'],
    ['a😀', 5, 'a😀'],
    ['ab😀', 3, 'ab'],
    ['', 0, ''],
    ['a', 0, ''],
  ])('cuts %s to %i bytes', (input, bytes, output) => {
    expect(cutToBytes(input, bytes)).toBe(output);
  });

  it('keeps as many whole characters as fit', () => {
    fc.assert(
      fc.property(text, fc.nat(80), (input, bytes) => {
        const cut = cutToBytes(input, bytes);
        expect(input.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        const next = [...input.slice(cut.length)][0];
        if (next !== undefined) expect(Buffer.byteLength(cut + next)).toBeGreaterThan(bytes);
      }),
    );
  });
});

describe('cutToLength', () => {
  it('never halves a pair', () => {
    expect(cutToLength('a😀b', 2)).toBe('a');
    expect(cutToLength('a😀b', 3)).toBe('a😀');
    expect(cutToLength('abc', 3)).toBe('abc');
  });
});
