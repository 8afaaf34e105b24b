import { parseFilter } from '@tailrace/cloud-simulator/gcp/filter/parse-filter.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionsFilter, rangeFilter, readFilter } from './filter.ts';

describe('readFilter', () => {
  it.each([
    ['severity>=ERROR', 'severity>=ERROR'],
    ['textPayload:"a (b" AND NOT textPayload:"c)"', 'textPayload:"a (b" AND NOT textPayload:"c)"'],
    ['jsonPayload.message="say \\"no)\\""', 'jsonPayload.message="say \\"no)\\""'],
    ['labels."k8s-pod/app"="shop" OR labels."a.b"=1', 'labels."k8s-pod/app"="shop" OR labels."a.b"=1'],
    ["textPayload:'plain words'", "textPayload:'plain words'"],
    ['-severity=DEBUG -"noise"', '-severity=DEBUG -"noise"'],
    ['severity=("ERROR" OR "ALERT")', 'severity=("ERROR" OR "ALERT")'],
    ['textPayload =~ "^GET /(a|b)" -- only these\nseverity>=INFO', 'textPayload =~ "^GET /(a|b)"  \nseverity>=INFO'],
    ['timestamp>="2026-01-01T00:00:00Z" -- ) a comment may hold anything "', 'timestamp>="2026-01-01T00:00:00Z"'],
    ['  ', ''],
  ])('takes %j', (filter, text) => {
    expect(readFilter(filter)).toEqual({ text });
  });

  it.each([
    ['a) OR (b', 'closes a parenthesis at position 1'],
    ['(severity=ERROR', 'does not close a parenthesis'],
    ['textPayload:"no end', 'string at position 12 that does not end'],
    ['textPayload:"no end\\"', 'string at position 12 that does not end'],
    // A reader for whom ' begins no string would end our parentheses here.
    ["a:') OR (b:'", 'single quotes at position 2'],
    ["a:'\"' ) OR ( b:'\"'", 'single quotes at position 2'],
    ["textPayload:don't", 'single quotes at position 15'],
    ["don't OR won't", 'quote inside a word'],
    ['a"b"', 'quote inside a word'],
    ['"a""b"', 'quote inside a word'],
    // Is what follows a comment, or a word?
    ['a--b ) OR (c', '-- inside a word at position 1'],
    ['a\\"b ) OR ( c"', 'backslash outside of quotes at position 1'],
  ])('refuses %j', (filter, problem) => {
    expect(readFilter(filter)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

/** Text that tries to get out. */
const hostile = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('(', ')', '"', "'", '\\', '--', '\n', ' ', ' OR ', ' AND ', 'a', ':', '='),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

describe('a wrapped filter', () => {
  const wrapped = (filter: string) =>
    rangeFilter(conditionsFilter({ logName: 'projects/p/logs/l', resourceType: 'gce_instance', filter }), {
      start: 0,
      end: 86_400_000_000,
    });

  it('has the time beside the conditions', () => {
    expect(wrapped('severity>=ERROR OR "x"')).toBe(
      'logName="projects/p/logs/l" AND resource.type="gce_instance" AND (\nseverity>=ERROR OR "x"\n)' +
        ' AND timestamp>="1970-01-01T00:00:00.000000Z" AND timestamp<"1970-01-02T00:00:00.000000Z"',
    );
    expect(wrapped('')).not.toContain('(');
  });

  it('keeps its own conditions outermost, whatever a filter that is taken holds', () => {
    fc.assert(
      fc.property(hostile, (filter) => {
        const read = readFilter(filter);
        fc.pre('text' in read);
        let parsed: ReturnType<typeof parseFilter>;
        try {
          parsed = parseFilter(wrapped(read.text));
        } catch {
          // Cloud Logging would refuse it too: an answer, and no escape.
          return;
        }
        const parts = parsed.kind === 'and' ? parsed.parts : [];
        const outermost = parts.flatMap((part) => (part.kind === 'compare' ? [part.path.join('.')] : []));
        expect(outermost).toEqual(expect.arrayContaining(['logName', 'resource.type', 'timestamp']));
        expect(parts.length).toBe(read.text === '' ? 4 : 5);
      }),
      { numRuns: 3000 },
    );
  });

  it('balances in every reading of the quotes', () => {
    fc.assert(
      fc.property(hostile, (filter) => {
        const read = readFilter(filter);
        fc.pre('text' in read);
        for (const quotes of [/"(?:[^"\\]|\\[\s\S])*"/g, /"(?:[^"\\]|\\[\s\S])*"|'[^']*'/g]) {
          let depth = 0;
          for (const character of read.text.replaceAll(quotes, '')) {
            if (character === '(') depth += 1;
            if (character === ')') depth -= 1;
            expect(depth).toBeGreaterThanOrEqual(0);
          }
          expect(depth).toBe(0);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
