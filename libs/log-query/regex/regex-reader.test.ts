import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { readRegex } from './regex-reader.ts';

const parts = fc.constantFrom(
  ...[
    'a',
    'b',
    'A',
    'é',
    'K',
    '😀',
    '.',
    '^',
    '$',
    '|',
    '|',
    '(',
    '(?:',
    ')',
    ')',
    '(?i)',
    '(?i:',
    '(?-i)',
    '(?s-m:',
    '(?P<n>',
  ],
  ...[
    '(?<m>',
    '(?<n>',
    '(?',
    '(?=',
    '(?U)',
    '(?)',
    '(?-)',
    '(?i-i)',
    '[',
    ']',
    '[^',
    '[a-c]',
    '[^\\d]',
    'a-',
    '[:alpha:]',
    '[:^word:]',
  ],
  ...[
    '[:foo:]',
    '[[:',
    ':]',
    '\\p{Greek}',
    '\\pL',
    '\\PN',
    '\\p{^Lu}',
    '\\p{Foo}',
    '\\p',
    '\\p{',
    '\\d',
    '\\W',
    '\\s',
    '\\b',
    '\\z',
  ],
  ...[
    '\\Q',
    '\\E',
    '\\C',
    '\\x41',
    '\\x{1e942}',
    '\\x{}',
    '\\x',
    '\\x{110000}',
    '\\7',
    '\\12',
    '\\08',
    '\\n',
    '\\.',
    '\\_',
    '\\é',
    '\\y',
  ],
  ...[
    '*',
    '+',
    '?',
    '*?',
    '{2}',
    '{2,}',
    '{0,3}',
    '{1,}',
    '{0}',
    '{0,}',
    '{3,2}',
    '{1001}',
    '{999999999}',
    '{01}',
    '{,2}',
    '{',
    '}',
    '-',
  ],
);
const patterns = fc.array(parts, { maxLength: 14 }).map((all) => all.join(''));
/** Patterns that are right, with much in them. */
const { whole } = fc.letrec<{ whole: string; piece: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      'a',
      'ab',
      'abc',
      'b',
      '.',
      '^',
      '$',
      '\\b',
      '[ab]',
      '[b]',
      '\\d',
      '\\pL',
      '(?:)',
      '()',
      '[^\\x00-\\x{10FFFF}]',
      'k',
    ),
    tie('whole').map((inner) => `(${inner})`),
    tie('whole').map((inner) => `(?:${inner})`),
    tie('whole').map((inner) => `(?i:${inner})`),
  ),
  piece: fc
    .tuple(
      tie('atom'),
      fc.constantFrom('', '', '', '*', '+', '?', '*?', '{2}', '{0,3}', '{2,}', '{1,4}', '{0}', '{3}?'),
    )
    .map(([atom, repeat]) => atom + repeat),
  whole: fc
    .array(fc.array(tie('piece'), { maxLength: 4 }), { minLength: 1, maxLength: 4 })
    .map((branches) => branches.map((pieces) => pieces.join('')).join('|')),
}));

function compiled(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return String(error);
  }
}

describe('reading an expression', () => {
  it('refuses what RE2 refuses, and nothing else', () => {
    let [right, wrong] = [0, 0];
    fc.assert(
      fc.property(patterns, (pattern) => {
        const reading = readRegex(pattern);
        const program = compiled(pattern);
        if ('fault' in reading) {
          wrong += 1;
          expect(program).toBeTypeOf('string');
          expect(pattern.slice(reading.fault.at)).toContain(reading.fault.text);
        } else if (typeof program === 'string') {
          // Left to RE2: the names of classes.
          expect(reading.namedClasses.map(({ text }) => text)).toContain(/: `(.*)`$/s.exec(program)?.[1]);
        } else {
          right += 1;
          expect(program.programSize()).toBeLessThanOrEqual(reading.size);
        }
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(right, wrong)).toBeGreaterThan(100);
  });

  it('bounds the size of the program, closely', () => {
    let [estimated, actual] = [0, 0];
    fc.assert(
      fc.property(whole as fc.Arbitrary<string>, (pattern) => {
        const reading = readRegex(pattern);
        if ('fault' in reading) {
          expect(reading.fault.kind).toBe('repeat-count');
          return;
        }
        if (reading.size > 2000) return;
        const size = RE2JS.compile(pattern).programSize();
        expect(size).toBeLessThanOrEqual(reading.size);
        if (pattern.includes('\\p') || pattern.includes('x00')) return;
        estimated += reading.size;
        actual += size;
      }),
      { numRuns: 2000 },
    );
    expect(estimated).toBeLessThan(actual * 2);
  });

  it.each([
    ['(?i)\\pL{0,1000}'.repeat(60), 600_000],
    ['(?:.?){1000}'.repeat(80), 160_000],
    ['((a{10}){10}){10}'.repeat(50), 50_000],
  ])('knows that an expression such as %.40s… is large without compiling it', (pattern, least) => {
    expect(readRegex(pattern)).toMatchObject({ size: expect.toSatisfy((size: number) => size > least) });
  });

  it('takes one instruction a character where nothing is repeated', () => {
    const words = Array.from({ length: 125 }, (_, index) => `word${100 + index}`).join('|');
    expect(readRegex(words)).toMatchObject({ size: words.length + 2 });
  });
});
