import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it, vi } from 'vitest';
import { logFilter } from './log-filter.ts';
import { compileRegex, type LineRegex, regexSchema } from './regex.ts';

function compiled(pattern: string): LineRegex {
  const regex = compileRegex(pattern);
  if ('problem' in regex) throw new Error(regex.problem);
  return regex;
}
const messages = (pattern: string) => regexSchema.safeParse(pattern).error?.issues.map(({ message }) => message) ?? [];

/** Each freezes a process for seconds where nothing bounds it. */
const hostile = [
  '(?i)\\pL{0,1000}'.repeat(60),
  `${'(?i)\\pL{0,1000}'.repeat(60)}(`,
  '(?:.?){1000}'.repeat(80),
  '((a{10}){10}){10}'.repeat(50),
  '(?i)[B-\\x{1e942}]'.repeat(50),
  `[${'\\pL'.repeat(300)}]`,
];

describe('the bounds of an expression', () => {
  it.each(hostile)('refuses %.30s… before it is compiled', (pattern) => {
    const compile = vi.spyOn(RE2JS, 'compile');
    expect(messages(pattern)).toHaveLength(1);
    expect(compile).not.toHaveBeenCalled();
    compile.mockRestore();
  });

  it('looks at the length first', () => {
    expect(messages('('.repeat(1001))).toEqual(['must have at most 1000 characters']);
  });

  it('compiles an expression once, however often it is asked for', () => {
    const compile = vi.spyOn(RE2JS, 'compile');
    const filter = { regex: 'compiled (once|twice)' };
    for (let time = 0; time < 3; time += 1) logFilter.parse(filter);
    expect(compiled(filter.regex)).toBe(compiled(filter.regex));
    expect(compile).toHaveBeenCalledTimes(1);
    compile.mockRestore();
  });

  it('counts what the same expression takes whatever the case of letters', () => {
    const folding = '[B-\\x{1e942}]'.repeat(3);
    expect('problem' in compileRegex(folding)).toBe(false);
    expect(messages(folding)).toEqual(['has too many large character classes: leave some out']);
  });

  it.each([
    Array.from({ length: 125 }, (_, index) => `word${100 + index}`).join('|'),
    '(?:\\d{1,3}\\.){3}\\d{1,3}',
    '[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,63}',
    '(?i)\\b(error|exception|timed? ?out|refused|unavailable)\\b.{0,200}\\b(db|postgres|redis|kafka)\\b',
    '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
    '\\p{Greek}+|[\\pL\\pN]{3,20}',
  ])('takes %s, as people write them', (pattern) => {
    expect(messages(pattern)).toEqual([]);
  });

  it('remembers a bounded number of states, and still decides right', () => {
    const compile = vi.spyOn(RE2JS, 'compile');
    const pattern = '[ab]*a[ab]{200}[^ab]';
    const regex = compiled(pattern);
    const [result] = compile.mock.results;
    compile.mockRestore();
    const plain = RE2JS.compile(pattern);
    const texts = fc.array(fc.constantFrom('a', 'b'), { minLength: 300, maxLength: 2000 }).map((all) => all.join(''));
    let most = 0;
    fc.assert(
      fc.property(texts, (text) => {
        expect(regex.finds(text)).toBe(false);
        expect(regex.finds(`${text}!`)).toBe(plain.matcher(`${text}!`).find());
        most = Math.max(most, result?.value.re2().dfa.stateCount);
      }),
      { numRuns: 20 },
    );
    // Each takes more than 150 bytes.
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThan((512 * 1024) / 150);
  });
});

describe('an expression that is light', () => {
  const asPeopleWrite = [
    'timeout|refused',
    '(?i)(error|exception).*(db|postgres)',
    'status=5\\d\\d',
    '^ERROR',
    'user \\d{1,10} failed',
    '\\bOOM\\b|\\bkilled\\b.*\\d+',
    '(?i)panic: .*(\\n.*)*goroutine \\d+',
    '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
    '(?m)^a.*b$|\\d{4}',
    '[ab]*a[ab]{5}[cd]',
  ];
  it.each(asPeopleWrite)('is one as people write them: %s', (pattern) => {
    expect(compiled(pattern).isLight).toBe(true);
  });

  it.each(['[ab]*a[ab]{12}[cd]', '(error|exception).{0,200}(db|postgres)', 'x[xy]{200}z'])(
    'is not one that some text makes slow: %s',
    (pattern) => {
      expect(compiled(pattern).isLight).toBe(false);
    },
  );

  it('never outgrows the memory of its automaton, whatever the text', () => {
    const letters = [
      ...'abcdxy01 5-^.:=\n',
      'é',
      '\u212a',
      '😀',
      'error',
      'db',
      'panic: ',
      'goroutine ',
      'user ',
      'status=',
    ];
    const texts = fc.array(fc.constantFrom(...letters), { maxLength: 300 }).map((parts) => parts.join(''));
    const searches = asPeopleWrite.map((pattern) => {
      const compile = vi.spyOn(RE2JS, 'compile');
      const regex = compiled(`(?:${pattern})`);
      const re2 = compile.mock.results[0]?.value.re2();
      compile.mockRestore();
      expect(regex.isLight).toBe(true);
      return { regex, slow: vi.spyOn(re2, 'doExecuteNFA'), automaton: vi.spyOn(re2.dfa, 'match') };
    });
    fc.assert(
      fc.property(texts, (text) => {
        for (const { regex } of searches) regex.finds(text);
      }),
      { numRuns: 200 },
    );
    for (const { slow, automaton } of searches) {
      expect(slow).not.toHaveBeenCalled();
      expect(automaton.mock.results.filter(({ value }) => value === null)).toEqual([]);
    }
  });
});

describe('the text that an expression sees', () => {
  it('is all of a usual line, and of a line of the greatest length for a small expression', () => {
    expect(compiled('timeout|refused').seenLength).toBeGreaterThan(100_000);
    expect(compiled('x.y').seenLength).toBeGreaterThan(256 * 1024);
    expect(compiled('a{1000}').seenLength).toBeGreaterThan(1900);
  });

  it('is the beginning of a longer one', () => {
    const regex = compiled('(?:[ab]c?){300}|needle');
    const hay = ' '.repeat(regex.seenLength);
    expect(regex.finds(`${hay.slice(6)}needle`)).toBe(true);
    expect(regex.finds(`${hay.slice(5)}needle`)).toBe(false);
  });

  it('is searched alike with an automaton and without', () => {
    const patterns = fc.constantFrom('a+b$', '^[ab]+$', '\\bb', '(a|b)*c', 'É', '(?i)é', 'a{2,4}b', '(?s)a.b', 'b\\z');
    const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'é', '\n', ' ', '😀'), { maxLength: 30 });
    fc.assert(
      fc.property(patterns, texts, (pattern, parts) => {
        const text = parts.join('');
        expect(compiled(pattern).finds(text)).toBe(RE2JS.compile(pattern).matcher(text).find());
      }),
    );
  });
});
