import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queryProblemText } from './query-problem.ts';
import { readQuery } from './read-query.ts';
import { type QueryNode, testsOf } from './tree.ts';

/** The tree as text with every parenthesis, and each test by its field, kind and value. */
function shape(node: QueryNode | undefined): string {
  if (node === undefined) return '';
  if (node.kind === 'not') return `not ${shape(node.of)}`;
  if (node.kind !== 'test') return `(${node.of.map(shape).join(` ${node.kind} `)})`;
  const { field, test } = node;
  const name = field.kind === 'line' ? field.name : `@${field.name}`;
  switch (test.kind) {
    case 'exists':
      return `${name} exists`;
    case 'wildcard':
      return `${name} ~ ${test.parts.join('*')}`;
    case 'regex':
      return `${name} /${test.pattern}/`;
    case 'quantity':
      return `${name} ${test.comparison} ${test.quantity.value} ${test.quantity.unit}`;
    case 'level':
      return `${name} ${test.comparison} ${test.level}`;
    default:
      return `${name} ${test.kind} ${test.text}`;
  }
}

function read(text: string): string {
  const reading = readQuery(text);
  return 'problem' in reading ? queryProblemText(reading.problem) : shape(reading.tree);
}

describe('a query', () => {
  it.each([
    ['', ''],
    ['   ', ''],
    ['timeout', 'body contains timeout'],
    ['"payment failed"', 'body contains payment failed'],
    [String.raw`"say \"no\" \\ \d"`, String.raw`body contains say "no" \ \d`],
    ['payment failed', '(body contains payment and body contains failed)'],
    ['a b OR c', '((body contains a and body contains b) or body contains c)'],
    ['a AND b || c && d', '((body contains a and body contains b) or (body contains c and body contains d))'],
    ['a (b OR c)', '(body contains a and (body contains b or body contains c))'],
    ['-a NOT b', '(not body contains a and not body contains b)'],
    ['-(a OR b) c', '(not (body contains a or body contains b) and body contains c)'],
    ['NOT -a', 'not not body contains a'],
    ['or and not Or', '(body contains or and body contains and and body contains not and body contains Or)'],
    ['"OR"', 'body contains OR'],
    ['time*out', 'body ~ *time*out*'],
    ['*', 'body exists'],
    ['/time(out)?/', 'body /time(out)?/'],
    ['/a b|c/ d', '(body /a b|c/ and body contains d)'],
    [String.raw`/GET \/api/`, 'body /GET /api/'],
    ['(/a/)', 'body /a/'],
    ['/api/users', 'body contains /api/users'],
    ['http://host/path?a=b', 'body contains http://host/path?a=b'],
    ['10:15:00', 'body contains 10:15:00'],
    ['main(x)', 'body contains main(x)'],
    ['level:error', 'level >= error'],
    ['level=Warning', 'level = warn'],
    ['level<info', 'level < info'],
    ['level:unset -level:*', '(level equals unset and not level exists)'],
    ['level:(fatal OR unset)', '(level >= fatal or level equals unset)'],
    ['service:cart', 'service equals cart'],
    ['trace:4BF9*', 'trace ~ 4bf9*'],
    [`trace:${'Ab'.repeat(16)}`, `trace equals ${'ab'.repeat(16)}`],
    ['body:timeout', 'body contains timeout'],
    ['body="all of it"', 'body equals all of it'],
    ['flags:severity_inferred', 'flags equals severity_inferred'],
    ['http.status:500', '@http.status equals 500'],
    ['http.status=500', '@http.status = 500 number'],
    ['status:>=500', '@status >= 500 number'],
    ['status==5e2', '@status = 500 number'],
    ['temperature<-5', '@temperature < -5 number'],
    ['duration>1.5s', '@duration > 1500000000 duration'],
    ['duration<=1m30s', '@duration <= 90000000000 duration'],
    ['bytes>=10KB', '@bytes >= 10000 size'],
    ['bytes<4KiB', '@bytes < 4096 size'],
    ['region=eu', '@region equals eu'],
    ['region="500"', '@region equals 500'],
    ['region:eu-*', '@region ~ eu-*'],
    ['region:*', '@region exists'],
    [String.raw`region:\*`, '@region equals *'],
    ['region:/^eu/', '@region /^eu/'],
    [
      'region:(eu OR us-* OR "a b" OR /x/)',
      '(@region equals eu or @region ~ us-* or @region equals a b or @region /x/)',
    ],
    ['region:(eu)', '@region equals eu'],
    ['"user id":42', '@user id equals 42'],
    ['"level":30', '@level equals 30'],
    ['region:""', '@region equals '],
    [String.raw`file:C:\temp\new.txt`, String.raw`@file equals C:\temp\new.txt`],
    ['method:get() x', '(@method equals get() and body contains x)'],
  ])('%s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ['a OR', 'character 5: something to look for is missing here'],
    ['OR a', 'character 1: OR stands between two tests, and one is missing; the word itself goes in quotes'],
    ['(a', 'character 1: this parenthesis is not closed'],
    ['a)', 'character 2: this parenthesis was not opened: leave it out, or put it in quotes'],
    ['()', 'character 1: there is nothing between these parentheses'],
    ['a "b', String.raw`character 3: this quotation mark is not closed; one within the text is written \"`],
    ['""', 'character 1: there is no text in these quotes'],
    [
      'region:',
      'character 8: nothing follows region:; for lines that have the field at all write *, for the text itself use quotes',
    ],
    ['status>many', 'character 8: this is no number, duration or size: write one such as 500, 1.5s or 10KB'],
    ['a!=b', 'character 2: write the minus first: -a=…'],
    ['a=>5', 'character 2: => is no comparison: there are : = > >= < and <='],
    ['stream>5', 'character 8: stream is no number: write stream:value'],
    ['status=(1 OR 2)', 'character 8: several values follow a colon: name:(one OR other)'],
    ['status:(1 2)', 'character 11: values in parentheses are joined by OR; one with spaces goes in quotes'],
    ['trace:12', 'character 7: trace is 32 hexadecimal digits, or their beginning and a star: trace:4bf9*'],
    ['x /(/', 'character 3: the expression'],
    ['a\0', 'character 2: no line has this character: leave it out'],
    ['x'.repeat(4001), 'character 4001: a query has at most 4000 characters'],
    [`${'-'.repeat(30)}x`, 'character 22: a query is at most 20 levels deep'],
    ['a '.repeat(101), 'character 201: a query has at most 100 tests'],
  ])('that is wrong says where and what would be right: %s', (text, expected) => {
    expect(read(text)).toContain(expected);
  });

  it('names the levels where a level is none', () => {
    expect(read('level:bad')).toBe(
      'character 7: level is one of trace, debug, info, warn, error, fatal, and means that level and above; level=warn means exactly it, level:unset lines without one',
    );
  });

  it('bounds its expressions together', () => {
    expect(read('/a{900}/ /b{900}/')).toMatch(/^\(body/);
    expect(read('/a{900}/ /b{900}/ /c{900}/ /d{900}/')).toBe(
      'character 28: the expressions of this query are too large together: leave some out, or shorten them',
    );
  });

  it('is read or refused, whatever it is, and the spans of its tests hold what was written', () => {
    const piece = fc.constantFrom(
      'a',
      'level',
      ':',
      '=',
      '>',
      '(',
      ')',
      '"',
      '/',
      '*',
      '-',
      ' ',
      '\\',
      'OR',
      'NOT',
      '5s',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const reading = readQuery(text);
        if ('problem' in reading) {
          expect(reading.problem.at).toBeLessThanOrEqual(text.length);
          return;
        }
        const check = (node: QueryNode): void => {
          expect(text.slice(node.span.start, node.span.end).trim()).not.toBe('');
          if (node.kind === 'not') check(node.of);
          else if (node.kind !== 'test') node.of.forEach(check);
        };
        if (reading.tree !== undefined) check(reading.tree);
        expect([...testsOf(reading.tree)].length > 0).toBe(text.trim() !== '');
      }),
      { numRuns: 3000 },
    );
  });
});
