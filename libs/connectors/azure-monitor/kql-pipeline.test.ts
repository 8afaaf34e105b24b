import { threadCpuUsage } from 'node:process';
import { parseQuery } from '@tailrace/cloud-simulator/azure/kql/parse-query.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePipeline } from './kql-pipeline.ts';
import { tokenizeKql } from './kql-tokens.ts';
import { wrapQuery } from './wrap-query.ts';

const range = { start: 1_767_225_600_000_000, end: 1_767_225_660_000_000 };
/** where, extend, where, extend before the user's steps; extend, order, take, project behind them. */
const [before, behind] = [4, 4];

function stepsOf(query: string): string[] {
  const parsed = parsePipeline(query);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.steps.map(({ text }) => text);
}

describe('parsePipeline', () => {
  it.each([
    ['AppTraces', []],
    ['  AppTraces // only the table', []],
    ['AppTraces | where SeverityLevel > 1', ['where SeverityLevel > 1']],
    [
      'AppTraces\n| where Message has "a | b; c"\n| project Message',
      ['where Message has "a | b; c"', 'project Message'],
    ],
    ["T | where a == 'it\\'s' // | union B\n| extend b = 1", ["where a == 'it\\'s'", 'extend b = 1']],
    ['T | where a == @"C:\\temp\\" and b == "x"', ['where a == @"C:\\temp\\" and b == "x"']],
    ['T | where a == @"say ""; drop"""', ['where a == @"say ""; drop"""']],
    ['T | where a == h"secret" or a == h@\'x\'', ['where a == h"secret" or a == h@\'x\'']],
    ['T | where a has ```two\nlines | ; "```', ['where a has ```two\nlines | ; "```']],
    [
      'T | where TimeGenerated > datetime(2026-01-01T00:00:00.5Z)',
      ['where TimeGenerated > datetime(2026-01-01T00:00:00.5Z)'],
    ],
    [
      'T | where a > ago(1h) and b in~ ("x", \'y\') and c !contains "z"',
      ['where a > ago(1h) and b in~ ("x", \'y\') and c !contains "z"'],
    ],
    [
      'T | where g == guid(6f5b0f34-0000-4000-8000-000000000001)',
      ['where g == guid(6f5b0f34-0000-4000-8000-000000000001)'],
    ],
    [
      'T | where p in (dynamic(["a", "b"])) and q matches regex @"\\d+"',
      ['where p in (dynamic(["a", "b"])) and q matches regex @"\\d+"'],
    ],
    ['T | extend d = Properties["a b"].c[0], e = tostring(x)', ['extend d = Properties["a b"].c[0], e = tostring(x)']],
    ['T | project-away Properties, App*', ['project-away Properties, App*']],
    ['T | project-keep Mess* | project-rename Text = Message', ['project-keep Mess*', 'project-rename Text = Message']],
    ['T | parse Message with * "user=" user:string " " *', ['parse Message with * "user=" user:string " " *']],
    ['T | parse-where Message with "a" b | project-reorder b', ['parse-where Message with "a" b', 'project-reorder b']],
    ['T | where a == "Grüße 😀"', ['where a == "Grüße 😀"']],
    ["['AppTraces']\r\n| where a == 1\r\n\r\n| extend ['a b'] = 2;\r\n", ['where a == 1', "extend ['a b'] = 2"]],
    ['["T"] | where a == 1 ; // done', ['where a == 1']],
    ['// what fails\nT\n\n| where a == 1\n;;\n', ['where a == 1']],
    ['T | where x == "a" // one\n// two\n  and y == 2', ['where x == "a" and y == 2']],
  ])('takes %j', (query, steps) => {
    expect(stepsOf(query)).toEqual(steps);
  });

  it.each([
    ['', 'must begin with the name of one table'],
    ['| where a', 'must begin with the name of one table'],
    ['T U', 'must begin with the name of one table'],
    ["['T U']", 'must begin with the name of one table'],
    ["['T'].a", 'must begin with the name of one table'],
    ["['T\\u0041']", "cannot use 'T"],
    ['[T]', 'must begin with the name of one table'],
    ['union A, B', 'must begin with the name of one table'],
    ['search "x"', 'look for text by | where Message has'],
    [';', 'must begin with the name of one table'],
    ['T;; | where a', 'cannot hold several statements'],
    ['.show tables', 'cannot be a management command'],
    ['T; U', 'cannot hold several statements: remove the ; at position 1'],
    ['let x = 1; T', 'cannot use let: write the value where it is used'],
    ['set notruncation; T', 'cannot use set'],
    ['T | ', 'has a pipe with nothing behind it'],
    ['T || where a', 'has a pipe with nothing behind it'],
    ['T | summarize count()', 'cannot use summarize at position 4'],
    ['T | union U', 'cannot use union'],
    ['T | join U on a', 'cannot use join'],
    ['T | take 5', 'cannot use take at position 4: every row is followed: leave it out'],
    ['T | sort by TimeGenerated desc', 'cannot use sort at position 4: rows come in the order of their times'],
    ['T | render timechart', 'it draws a chart: leave it out'],
    ['T | top 5 by a', 'cannot use top'],
    ['T | distinct a', 'cannot use distinct'],
    ['T | order by a', 'cannot use order'],
    ['T | mv-expand a', 'cannot use mv-expand'],
    ['T | project-smart a', 'cannot use project-smart'],
    ['T | evaluate bag_unpack(a)', 'cannot use evaluate'],
    ['T | Where a == 1', 'cannot use Where at position 4: write where'],
    ['T |\u00a0where a == 1', 'blank at position 3 that is not a plain space'],
    ['T | where a == “b”', 'typographic quote “ at position 15'],
    ['T | where a in ((U | project a))', 'cannot hold a query within the query'],
    ['T | where a in (workspace("x").U)', 'cannot use workspace()'],
    ['T | where a == externaldata(x:string)["u"]', 'cannot use externaldata()'],
    ['T | where (a == 1', 'does not close a bracket'],
    ['T | where a) == 1', 'closes a bracket at position 11'],
    ['T | where (a] == 1', 'closes a bracket at position 12'],
    ['T | where a == "b', 'string at position 15 that does not end'],
    ['T | where a == "b\nc"', 'string at position 15 that does not end'],
    ['T | where a == @"b\nc"', 'string at position 15 that does not end'],
    ['T | where a matches regex "\\d+"', 'an escape that Kusto does not know'],
    ['T | where a == ~~~ | union U ~~~', 'cannot hold ~~~'],
    ['T | where a == # "', 'cannot be read at position 15'],
    ['T | where a == `b`', 'string at position 15'],
    ['T | where a\u2028 | union U', 'at position 11'],
    ['T // a\r| union U', 'at position 6'],
    ['T | where a == "\u0000"', 'control character'],
    ['T | where ä == 1', 'cannot be read at position 10'],
    // What Kusto takes for a value up to the next bracket, quotes and all.
    ['T | where t > datetime(") | union U // ")', 'datetime() at position 14 that cannot be read'],
    ['T | where t > datetime ("2026-01-01")', 'write its value plainly'],
    ['T | where t > int(;)', 'int() at position 14 that cannot be read'],
    ['T | where t in (dynamic([")"]))', 'dynamic() at position 16 that cannot be read'],
    ['T | extend __id = "x"', 'cannot use __id at position 11'],
    ["T | extend ['__id'] = 'x'", "cannot use '__id'"],
    ["T | extend ['\\u005f_id'] = 'x'", 'two underscores'],
    ['T | project-rename a = __ing', 'cannot use __ing'],
    ['T | project-away *', 'cannot take away *'],
    ['T | project-away a, *id', 'cannot take away *id'],
    ['T | project-away _*', 'cannot take away _*'],
    [`T | project-away ${'*'.repeat(50)}`, 'cannot take away **'],
  ])('refuses %j', (query, problem) => {
    expect(parsePipeline(query)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe('the table of a query', () => {
  it.each(['AppTraces', "['AppTraces']", '["AppTraces"];'])('is read from %s', (query) => {
    expect(parsePipeline(query)).toEqual({ table: 'AppTraces', steps: [] });
  });
});

describe('tokenizeKql', () => {
  it('gives back the text, blanks left out', () => {
    const query = 'T | where a == "b|c" // d\n and e > datetime(2026-01-01) and f in~ (1.5, 2)';
    const tokens = tokenizeKql(query);
    if ('problem' in tokens) throw new Error(tokens.problem);
    for (const { text, start, end } of tokens) expect(query.slice(start, end)).toBe(text);
    expect(tokens.map(({ text }) => text).join('')).toBe('T|wherea=="b|c"// dande>datetime(2026-01-01)andfin~(1.5,2)');
  });

  it('reads long and hostile text in linear time', () => {
    for (const unit of ['*', '*_', '"', "'\\", '```', '@"', 'datetime(', 'dynamic(["', '(', 'a.', '//', '"" ']) {
      // This thread's own time: a busy machine changes nothing.
      const started = threadCpuUsage();
      tokenizeKql(unit.repeat(100_000 / unit.length));
      parsePipeline(`T | where ${unit.repeat(10_000 / unit.length)}`);
      parsePipeline(`T | project-away ${unit.repeat(10_000 / unit.length)}x`);
      const { user, system } = threadCpuUsage(started);
      expect((user + system) / 1000).toBeLessThan(1500);
    }
  });
});

/** Text that tries to get out: pieces that are whole by themselves, and pieces that are not. */
const whole = fc.constantFrom(
  ...[
    '"x"',
    "'| union U'",
    '"; drop"',
    '@"\\"',
    "h'//'",
    '```|\n;```',
    'datetime(2026-01-01)',
    'dynamic(["a|b"])',
    '(a)',
    '[0]',
  ],
  ...[
    ' and a == ',
    ' or b != ',
    '\n| where c == ',
    ' // note | ; "\n',
    '\r\n',
    ' ',
    '.d',
    ' in (1, 2)',
    '==',
    ',',
    '1',
  ],
);
const broken = fc.constantFrom(
  ...[
    '"',
    "'",
    '`',
    '```',
    '~~~',
    '@',
    'h',
    '\\',
    '//',
    '\n',
    '\r',
    ';',
    '|',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ' union U ',
  ],
  ...['datetime(', 'dynamic(', 'int(', 'datetime(")', 'dynamic([")', '__id', '#'],
);
const hostile = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: whole },
      { weight: 1, arbitrary: broken },
      { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
    ),
    {
      maxLength: 16,
    },
  )
  .map((parts) => `T | where a == ${parts.join('')}`);

/** Other readers' idea of a string: without escapes, with `~~~`, with values up to the next bracket. */
const readings = [
  /```[\s\S]*?```|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
  /```[\s\S]*?```|~~~[\s\S]*?~~~|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
  /\b(?:datetime|date|time|timespan|int|long|real|bool|guid|decimal|dynamic)\([^)\n]*\)|```[\s\S]*?```|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
];

describe('a wrapped query', () => {
  const wrapped = (query: string) => {
    const parsed = parsePipeline(query);
    if ('problem' in parsed) return undefined;
    return { parsed, text: wrapQuery(parsed, range, { rows: 10 }) };
  };

  it('is one statement with all of our steps, whatever a query that is taken holds', () => {
    fc.assert(
      fc.property(hostile, (query) => {
        const made = wrapped(query);
        fc.pre(made !== undefined);
        const steps = made.parsed.steps.length + before + behind;
        for (const reading of readings) {
          const code = made.text.replaceAll(reading, '""');
          expect(code).not.toContain(';');
          expect(code).not.toContain('//');
          expect(code.split('|')).toHaveLength(steps + 1);
          expect(code).toMatch(/\| take 10\n\| project __id, __ingS, __tgS, __row$/);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('is what the simulated Kusto reads, step for step', () => {
    const name = fc.constantFrom('Message', 'SeverityLevel', 'Properties', 'AppRoleName');
    const text = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .map((value) => JSON.stringify(value).replace(/\\u\w{4}|\\[bf/]|[\u007f-\u009f\u2028\u2029]/g, ''));
    const operator = fc.constantFrom('==', '!=', '=~', 'has', 'contains', '!contains', 'startswith');
    const comparison = fc.tuple(name, operator, text).map((parts) => parts.join(' '));
    const step = fc.oneof(
      fc.array(comparison, { minLength: 1, maxLength: 3 }).map((all) => `where ${all.join(' or ')}`),
      fc.tuple(name, comparison).map(([column, value]) => `extend ${column}2 = (${value})`),
      fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `project ${names.join(', ')}`),
      name.map((column) => `project-away ${column}, Client*`),
      name.map((column) => `where ${column} in ("a", 'b|c') // a remark; | "`),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), fc.constantFrom('\n| ', ' \n  |'), (steps, pipe) => {
        const made = wrapped(['AppTraces', ...steps].join(pipe));
        expect(made).toBeDefined();
        const { table, operators } = parseQuery(made!.text);
        expect(table).toBe('AppTraces');
        expect(operators.map(({ kind }) => kind)).toEqual([
          ...['where', 'extend', 'where', 'extend'],
          ...steps.map((each) => /^[\w-]+/.exec(each)?.[0]),
          ...['extend', 'order', 'take', 'project'],
        ]);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps what identifies a row through a projection', () => {
    expect(wrapped('T | project a | project-keep b*')?.text).toContain(
      '| project a, __ing, __id, __ingS, __tgS\n| project-keep b*, __ing, __id, __ingS, __tgS\n',
    );
  });

  it('asks for [start, end) of ingestion, and from a row’s own time for a further page', () => {
    const parsed = parsePipeline('T');
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(wrapQuery(parsed, range, { rows: 5 }).split('\n')).toEqual([
      'T | where TimeGenerated between (datetime(2025-12-30T00:00:00.0000000Z) .. datetime(2026-01-02T00:01:00.0000000Z))',
      '| extend __ing=ingestion_time(), __id=_ItemId',
      '| where __ing >= datetime(2026-01-01T00:00:00.0000000Z) and __ing < datetime(2026-01-01T00:01:00.0000000Z)',
      '| extend __ingS=tostring(__ing), __tgS=tostring(TimeGenerated)',
      '| extend __row=tostring(pack_all(true))',
      '| order by __ing asc, __id asc',
      '| take 5',
      '| project __id, __ingS, __tgS, __row',
    ]);
    const from = '2026-01-01T00:00:30.1234567Z';
    expect(wrapQuery(parsed, range, { from, rows: 5 })).toContain(`__ing >= datetime(${from}) and`);
  });
});
