import { compileRegex } from '@tailrace/log-query/regex.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldCode, longestAsciiRun } from './fold.ts';
import { LiteralSearch } from './literal-search.ts';
import { requiredLiterals } from './required-literals.ts';

const fold = (text: string) =>
  String.fromCharCode(...Array.from({ length: text.length }, (_, at) => foldCode(text.charCodeAt(at))));

describe('required literals', () => {
  it.each<[string, readonly string[] | undefined]>([
    ['payment failed', ['payment failed']],
    ['Payment (failed|refused)', ['payment failed', 'payment refused']],
    ['(?i)time ?out', ['time out', 'timeout']],
    ['(?:a+b)*needle\\d+', ['needle']],
    ['conn(ection)? reset by \\w+', ['connection reset by ', 'conn reset by ']],
    ['\\QC:\\Temp\\E\\w', ['c:\\temp']],
    ['[Ee]rror [45]\\d\\d', ['error 4', 'error 5']],
    ['x{3}needle', ['needle']],
    ['(foo|bar|\\d)', undefined],
    ['.*', undefined],
    ['a|', undefined],
    ['\\d+', undefined],
    ['[^a]', undefined],
    ['(?i)\u212Aey', ['key']],
  ])('of %s are %j', (pattern, literals) => {
    expect(requiredLiterals(pattern)).toEqual(literals);
  });

  it('are in every text in which the expression finds something', () => {
    const letters = fc.constantFrom('a', 'b', 'K', 's', 'S', 'i', '\u212A', '\u017F', 'é', '0', '-', ' ', '😀');
    const atom = fc.oneof(
      { weight: 6, arbitrary: letters },
      fc.constantFrom(
        '.',
        '\\d',
        '\\w',
        '[ab]',
        '[^ab]',
        '[]a]',
        '[a-c]',
        '[\\]a]',
        '[[:alpha:]]',
        '\\.',
        '\\x41',
        '\\pL',
        '\\b',
        '^',
        '$',
      ),
      fc.constantFrom('\\Qa.b\\E', '(?i)', '(?s)', '\\p{Greek}', '{', 'a{2}', 'b{0,1}', 's{2,}'),
    );
    const { expression } = fc.letrec<{ expression: string; piece: string }>((tie) => ({
      piece: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        atom,
        fc.tuple(atom, fc.constantFrom('*', '+', '?', '*?', '{1,2}', '{0}', '{2}')).map((parts) => parts.join('')),
        fc
          .tuple(
            fc.constantFrom('(', '(?:', '(?i:', '(?P<n>'),
            tie('expression'),
            fc.constantFrom(')', ')*', ')+', ')?'),
          )
          .map((parts) => parts.join('')),
      ),
      expression: fc
        .array(
          fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
          { minLength: 1, maxLength: 3 },
        )
        .map((branches) => branches.join('|')),
    }));
    const text = fc.array(letters, { maxLength: 12 }).map((all) => all.join(''));
    let found = 0;
    fc.assert(
      fc.property(
        expression,
        fc.array(text, { minLength: 5, maxLength: 15 }),
        fc.boolean(),
        (pattern, texts, anyCase) => {
          const source = anyCase ? `(?i)${pattern}` : pattern;
          const regex = compileRegex(source);
          const literals = requiredLiterals(source);
          if ('problem' in regex || !literals) return;
          for (const body of texts) {
            if (!regex.finds(body)) continue;
            found += 1;
            expect(
              literals.some((literal) => fold(body).includes(literal)),
              `${source} in ${body}`,
            ).toBe(true);
          }
        },
      ),
      { numRuns: 5000 },
    );
    expect(found).toBeGreaterThan(100);
  });
});

describe('a literal in any case', () => {
  it('is found wherever toLowerCase or RE2 would find it: no other character folds to ASCII', () => {
    for (let code = 128; code < 0x10000; code += 1) {
      const lower = String.fromCharCode(code).toLowerCase();
      for (const letter of lower)
        if (letter < '\x80') expect(foldCode(code), `U+${code.toString(16)}`).toBe(letter.charCodeAt(0));
    }
    for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
      const regex = compileRegex(`(?i)${letter}`);
      for (let code = 128; code < 0x3000; code += 1) {
        if ('finds' in regex && regex.finds(String.fromCharCode(code)))
          expect(foldCode(code)).toBe(letter.charCodeAt(0));
      }
    }
  });

  it('stands for a text that has more than ASCII by its longest part', () => {
    expect(longestAsciiRun('Größe: ZU GROSS')).toBe('e: zu gross');
    expect(longestAsciiRun('東京')).toBeUndefined();
  });

  it('is found by the search exactly where indexOf finds it, overlapping ones and doubles too', () => {
    const letters = fc
      .array(fc.constantFrom('a', 'b', 'c', 'K', 'é', '\u212A'), { maxLength: 30 })
      .map((all) => all.join(''));
    const literals = fc.array(
      fc.array(fc.constantFrom('a', 'b', 'c', 'k'), { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(literals, letters, (wanted, text) => {
        const found = new Set<number>();
        new LiteralSearch(wanted).each(text, (index) => found.add(index));
        const expected = wanted.flatMap((literal, index) => (fold(text).includes(literal) ? [index] : []));
        expect([...found].sort((one, other) => one - other)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
