import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileRegex } from './regex.ts';

const problemOf = (pattern: string) => {
  const compiled = compileRegex(pattern);
  return 'problem' in compiled ? compiled.problem : undefined;
};

it.each([
  ['a(b', 'missing closing ) at position 1: (b'],
  ['time(d out|out after (\\d+ ms', 'missing closing ) at position 21: (\\d+ ms'],
  ['(a)[(](b', 'missing closing ) at position 6: (b'],
  ['\\((a', 'missing closing ) at position 2: (a'],
  ['\\Q(\\E(a', 'missing closing ) at position 5: (a'],
  ['(a))', 'unexpected ) at position 3: )'],
  ['[)]a)b', 'unexpected ) at position 4: )b'],
  ['a[bc', 'missing closing ] at position 1: [bc'],
  ['a\\*b**', 'invalid nested repetition operator at position 4: **'],
  ['\\*a|*', 'missing argument to repetition operator at position 4: *'],
  ['[a-z][z-a]', 'invalid character class range at position 6: z-a'],
  ['x{1001}', 'invalid repeat count at position 1: {1001}'],
  ['a\\', 'trailing backslash at end of expression'],
])('says of %s what is wrong, and where', (pattern, problem) => {
  expect(problemOf(pattern)).toBe(`is not a regular expression of RE2: ${problem}`);
});

it.each([
  ['x(?<=a)b', 'at position 1: (?<='],
  ['(a)\\1', 'at position 3: \\1'],
])('says of %s what RE2 does not do', (pattern, problem) => {
  expect(problemOf(pattern)).toContain(`is not supported by RE2 ${problem}`);
});

it('names a place within the pattern, whatever is wrong', () => {
  let places = 0;
  const patterns = fc.array(fc.constantFrom(...'ab()[]{}*+?|\\^-1,:', '\\Q', '[:alpha:]', '(?'), { maxLength: 12 });
  fc.assert(
    fc.property(patterns, (parts) => {
      const pattern = parts.join('');
      const found = /at position (\d+): (.*)$/s.exec(problemOf(pattern) ?? '');
      if (!found) return;
      places += 1;
      const [, at, text = ''] = found;
      expect(pattern.slice(Number(at))).toContain(text.replace(/ \(lookaround, .*$/, ''));
      expect(pattern.indexOf(text.replace(/ \(lookaround, .*$/, ''), Number(at))).toBe(Number(at));
    }),
    { numRuns: 2000 },
  );
  expect(places).toBeGreaterThan(200);
});
