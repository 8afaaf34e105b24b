import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileRegex } from '../regex.ts';
import { readRegex } from './regex-reader.ts';

const problemOf = (pattern: string) => {
  const compiled = compileRegex(pattern);
  return 'problem' in compiled ? compiled.problem : undefined;
};

it.each([
  ['a(b', 2, '(b opens a group that is not closed'],
  ['time(d out|out after (\\d+ ms', 22, '(\\d+ ms opens a group that is not closed'],
  ['(a)[(](b', 7, '(b opens a group that is not closed'],
  ['\\((a', 3, '(a opens a group that is not closed'],
  ['\\Q(\\E(a', 6, '(a opens a group that is not closed'],
  ['(a))', 4, ') closes a group that was not opened'],
  ['[)]a)b', 5, ') closes a group that was not opened'],
  ['a[bc', 2, '[bc opens a character class that is not closed'],
  ['a\\*b**', 5, '** repeats a repetition'],
  ['\\*a|*', 5, '* has nothing before it to repeat'],
  ['[a-z][z-a]', 7, 'z-a is a range that runs backwards'],
  ['x{1001}', 2, '{1001} must count from the lower number to the higher, and repeat at most 1000 times'],
  ['(x{100}){11}', 9, '{11} must count'],
  ['a\\', 2, '\\ escapes nothing at the end'],
  ['a\\y', 2, '\\y is not an escape that RE2 knows'],
  ['x(?<=a)b', 2, '(?<= is lookaround or an atomic group, which RE2 does not have'],
  ['(a)\\1', 4, '\\1 refers back to a group, which RE2 does not do'],
  ['(?P<a-b>x)', 1, '(?P<a-b> is not a name of a group'],
  ['(?P<a>x)(?P<a>y)', 9, '(?P<a> is the name of an earlier group'],
  ['(?z)a', 1, '(?z is not a kind of group'],
  ['\\pL\\p{Klingon}', 4, '\\p{Klingon} is not a character class that RE2 knows'],
  ['[[:alpha:][:alfa:]]', 11, '[:alfa:] is not a character class that RE2 knows'],
])('the refusal of an expression says of %s what is wrong, and where', (pattern, character, problem) => {
  expect(problemOf(pattern)).toContain(`cannot be read at character ${character}: ${problem}`);
});

it('the refusal of an expression says what would be right', () => {
  expect(problemOf('a(b')).toBe(
    'cannot be read at character 2: (b opens a group that is not closed: add ), or write \\( for the character',
  );
  expect(problemOf('(?:.?){1000}')).toMatch(
    /^is too large: .* about 2002 parts, and at most 1500 are allowed\. Repeat less/,
  );
});

it('the refusal of an expression quotes the place that it names, whatever is wrong', () => {
  let places = 0;
  const patterns = fc.array(fc.constantFrom(...'ab()[]{}*+?|\\^-1,:', '\\Q', '[:alpha:]', '(?'), { maxLength: 12 });
  fc.assert(
    fc.property(patterns, (parts) => {
      const pattern = parts.join('');
      const reading = readRegex(pattern);
      if (!('fault' in reading)) return;
      places += 1;
      const { at, text } = reading.fault;
      expect(pattern.startsWith(text, at)).toBe(true);
      expect(text).not.toBe('');
      expect(problemOf(pattern)).toContain(`at character ${at + 1}: ${text} `);
    }),
    { numRuns: 2000 },
  );
  expect(places).toBeGreaterThan(200);
});
