import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { matchesColumn } from './column-pattern.ts';

/** The meaning, written down plainly: a star takes nothing, or one more character. */
function means(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern[0] === '*') return means(pattern.slice(1), name) || (name !== '' && means(pattern, name.slice(1)));
  return pattern[0] === name[0] && means(pattern.slice(1), name.slice(1));
}

describe('a column pattern', () => {
  it('matches the names that it means', () => {
    const text = (...letters: string[]) =>
      fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((all) => all.join(''));
    let matched = 0;
    fc.assert(
      fc.property(text('a', 'b', '_', '*', '*'), text('a', 'b', '_'), (pattern, name) => {
        const expected = means(pattern, name);
        if (expected) matched += 1;
        expect(matchesColumn(pattern, name)).toBe(expected);
      }),
      { numRuns: 5000 },
    );
    expect(matched).toBeGreaterThan(50);
  });

  it('takes letters that mean something in other patterns for themselves', () => {
    expect(matchesColumn('a.c*', 'abc')).toBe(false);
    expect(matchesColumn('a.c*', 'a.cd')).toBe(true);
    expect(matchesColumn('[a]', '[a]')).toBe(true);
  });

  it('looks for each part once, however many stars there are', () => {
    const search = vi.spyOn(String.prototype, 'indexOf');
    const stars = 5000;
    expect(matchesColumn(`${'*_'.repeat(stars)}x`, '_'.repeat(stars * 2))).toBe(false);
    expect(search.mock.calls.length).toBeLessThanOrEqual(stars);
    search.mockRestore();
  });
});
