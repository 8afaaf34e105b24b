import { logFilter } from '@tailrace/log-query/log-filter.ts';
import { compileFilter } from '@tailrace/log-query/matcher.ts';
import { compileRegex } from '@tailrace/log-query/regex.ts';
import { leastSeverity, levelOf, levels } from '@tailrace/log-record/level.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastPartStart, SeenAttributes, suggestions } from './completion.ts';
import { filterText, parseQuery } from './query.ts';
import type { Term } from './term.ts';
import { placedTerms, termsOf, termText, withoutKey, withTerm } from './terms.ts';

const connections = new Map([
  ['shop', 'conn_1'],
  ['the bank', 'conn_2'],
  ['shop, eu', 'conn_3'],
  ['"the" shop,bank', 'conn_4'],
]);
const connectionId = (name: string) => connections.get(name);
const connectionIds = () => [...connections.values()];

test.each([
  ['', {}],
  ['payment failed', { text: 'payment failed' }],
  ['"payment  failed" -health', { text: 'payment  failed', exclude: 'health' }],
  ['/timeout|refused/ level:WARN', { regex: 'timeout|refused', level: 'warn' }],
  ['/a b/', { regex: 'a b' }],
  ['connection:shop connection:"the bank"', { connections: ['conn_1', 'conn_2'] }],
  ['levels:error,unset', { levels: ['error', 'unset'] }],
  [
    'service:cart -region:eu http.status:500',
    { attributes: { service: 'cart', 'http.status': '500' }, exclude_attributes: { region: 'eu' } },
  ],
  ['GET https://shop/cart 12:30', { text: 'GET https://shop/cart 12:30' }],
  ['trace:4BF92F3577B34DA6A3CE929D0E0E4736', { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' }],
  ['parser:plain -parser', { parser: 'plain', exclude: 'parser' }],
  ['"parser":plain', { attributes: { parser: 'plain' } }],
  ['a/b', { text: 'a/b' }],
  [String.raw`/GET \/api/`, { regex: 'GET /api' }],
  ['connection:"shop, eu"', { connections: ['conn_3'] }],
  ['connection:"shop,the bank"', { connections: ['conn_1', 'conn_2'] }],
  [
    '"user id":42 "level":30 -"a\\"b":x empty:""',
    { attributes: { 'user id': '42', level: '30', empty: '' }, exclude_attributes: { 'a"b': 'x' } },
  ],
  [
    '-http.response.status_code:200 -http.response.status_code:500 service:cart service:shop service:cart',
    {
      attributes: { service: ['cart', 'shop'] },
      exclude_attributes: { 'http.response.status_code': ['200', '500'] },
    },
  ],
  ['-level:error', { levels: ['trace', 'debug', 'info', 'warn', 'unset'] }],
  ['-levels:info,unset -level:error', { levels: ['trace', 'debug', 'warn'] }],
  ['levels:info,warn -level:warn', { levels: ['info'] }],
  ['level:warn level:info', { level: 'warn' }],
  ['-connection:shop -connection:"the bank"', { connections: ['conn_3', 'conn_4'] }],
  ['connection:"shop,the bank" -connection:shop', { connections: ['conn_2'] }],
  ['"5*"', { text: '5*' }],
  ['SELECT * FROM', { text: 'SELECT * FROM' }],
  ['"this OR that"', { text: 'this OR that' }],
  ['OR', { text: 'OR' }],
  ['-path:"/api/*"', { exclude_attributes: { path: '/api/*' } }],
  ['<html> a=5 x', { text: '<html> a=5 x' }],
])('%s', (query, filter) => {
  expect(parseQuery(query, connectionId, connectionIds)).toEqual({ filter });
});

test.each([
  ['level:loud', 'level is one of trace, debug'],
  ['connection:nowhere', 'no connection nowhere'],
  ['-a -b', 'one text to leave out'],
  ['/a/ /b/', 'one expression at a time'],
  ['-/a/', 'cannot be left out'],
  ['trace:1', 'trace is 32'],
  ['-trace:4bf92f3577b34da6a3ce929d0e0e4736', 'a trace cannot be left out'],
  ['parser:plain parser:json', 'parser:json (character 14): a line has one parser'],
  ['-parser:plain', 'a parser cannot be left out'],
  ['stream:a stream:b', 'stream:b (character 10): a line is of one stream'],
  ['level:', 'level: (character 1): nothing follows the colon'],
  ['""', 'no text'],
  ['a OR b', 'OR (character 3): not understood here: for either of two texts write /one|other/'],
  ['a && b', 'for two texts in one line write /one.*other/'],
  ['NOT b', 'write a minus'],
  ['5*', '5* (character 1): the star is no wildcard'],
  ['x http.status:5*', 'http.status:5* (character 3): the star is no wildcard: name whole values'],
  ['>=500', 'numbers cannot be compared'],
  ['duration>1.5s', 'numbers cannot be compared'],
  ['http.status:>=500', 'values cannot be compared'],
  ['http.status:(200', 'no parentheses'],
  ['level=error', 'write level:'],
  ['levels:info levels:warn', 'no level is left; several at once are written levels:warn,error'],
  ['-connection:"shop,the bank" -connection:"shop, eu" -connection:conn_4', 'there is no connection conn_4'],
  ['connection:shop -connection:shop', 'every connection is left out'],
  ['payment level:info failed', 'failed (character 20): one text at a time'],
  ['"a b" "c d"', 'one text at a time'],
])('%s: says what is wrong, and where', (query, problem) => {
  expect(parseQuery(query, connectionId, connectionIds)).toEqual({ problem: expect.stringContaining(problem) });
});

test('a rule, which outlasts the connections there are now, leaves out none of them', () => {
  expect(parseQuery('-connection:shop', connectionId)).toEqual({
    problem: expect.stringContaining('cannot be left out here'),
  });
});

test('more connections than a filter takes are refused', () => {
  const many = () => Array.from({ length: 102 }, (_, index) => `conn_${index + 1}`);
  expect(parseQuery('-connection:shop', connectionId, many)).toEqual({
    problem: expect.stringContaining('more than 100 connections'),
  });
});

test('what is written for a part is read as that part, whatever it holds', () => {
  const value = fc.oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.constantFrom('a"b', '\\', '-x', '/x/', 'k:v', 'a b', 'https://x'),
  );
  const term = fc.record({
    negative: fc.boolean(),
    key: fc.option(fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/), { nil: undefined }),
    value,
    regex: fc.constant(false),
  });
  fc.assert(
    fc.property(fc.array(term, { maxLength: 4 }), (terms: Term[]) => {
      expect(termsOf(terms.map(termText).join(' '))).toEqual(terms);
    }),
  );
});

test('a click adds a part once, in place of its opposite', () => {
  const cart: Term = { negative: false, key: 'service', value: 'cart', regex: false };
  expect(withTerm('level:info', cart)).toBe('level:info service:cart');
  expect(withTerm('service:cart x', cart)).toBe('x service:cart');
  expect(withTerm('service:cart', { ...cart, negative: true })).toBe('-service:cart');
  expect(withTerm('level:info', { ...cart, key: 'level', value: 'error' })).toBe('level:error');
  expect(withoutKey('level:info a connection:b', 'connection')).toBe('level:info a');
});

test('completion knows what was seen', () => {
  const seen = new SeenAttributes();
  for (const service of ['cart', 'check out']) {
    seen.see({ attributes: { service }, resource: { region: 'eu' }, stream: 's', parser: 'json' } as never);
  }
  expect(suggestions('serv', seen, {}).map(({ text }) => text)).toEqual(['service:']);
  expect(suggestions('service:', seen, {}).map(({ text }) => text)).toEqual(['service:"check out"', 'service:cart']);
  expect(suggestions('parser:', seen, {}).map(({ text }) => text)).toEqual(['parser:json']);
  expect(suggestions('-region:e', seen, {}).map(({ text }) => text)).toEqual(['-region:eu']);
  expect(suggestions('level:w', seen, { level: ['warn', 'error'] }).map(({ text }) => text)).toEqual(['level:warn']);
});

test('completion knows names in quotes, and writes values that read back', () => {
  const seen = new SeenAttributes();
  seen.see({
    attributes: { 'user id': '42', level: '30', url: '//cdn', text: 'a\nb' },
    resource: {},
    stream: 's',
    parser: 'json',
  } as never);
  const offered = (written: string) => suggestions(written, seen, { level: ['warn'] }).map(({ text }) => text);
  expect(offered('"us')).toEqual(['"user id":']);
  expect(offered('-"user id":')).toEqual(['-"user id":42']);
  expect(offered('"level":')).toEqual(['"level":30']);
  expect(offered('level:')).toEqual(['level:warn']);
  expect(offered('url:')).toEqual(['url:"//cdn"']);
  expect(offered('text:')).toEqual(['text:"a\nb"']);
  expect(offered('constructor:')).toEqual([]);
});

test.each([
  'level:w',
  '"user id":4',
  '-"user id":"a b',
  '"user i',
  String.raw`"a\" b":c`,
  String.raw`/GET \/api v`,
  '',
])('%s is one part that is being written', (written) => {
  expect(lastPartStart(written)).toBe(0);
  expect(lastPartStart(`"a b":"c d" ${written}`)).toBe(12);
});

test('a filter is written as what means it', () => {
  const filter = {
    levels: ['error' as const, 'unset' as const],
    connections: ['conn_2'],
    text: 'payment failed',
    exclude: '-x',
    regex: 'a|b c',
    attributes: { service: 'cart', 'k8s.pod': 'a b' },
    exclude_attributes: { region: 'eu' },
  };
  const text = filterText(filter, (id) => (id === 'conn_2' ? 'the bank' : id));
  expect(parseQuery(text, connectionId)).toEqual({ filter });
});

test('a filter is read back as it was, whatever it holds', () => {
  const text = fc.oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.constantFrom('a"b', '\\', '-x', '/x/', 'k:v', '"k":v', 'a b', 'https://x', 'level:info'),
    fc.constantFrom('OR', 'a OR b', '5*', '*', '>=500', 'x>5', 'level=error', '(a', '=1', 'NOT x'),
  );
  const key = fc.oneof(
    text,
    fc.constantFrom('level', 'stream', 'user id', 'aws:requestId', 'http.status', '__proto__'),
  );
  const value = fc.oneof(text, fc.constant(''));
  const oneOrMore = fc.oneof(value, fc.uniqueArray(value, { minLength: 2, maxLength: 4 }));
  const values = fc
    .array(fc.tuple(key, oneOrMore), { minLength: 1, maxLength: 3 })
    .map((entries) => Object.fromEntries(entries));
  // A slash stands alone here: one that is escaped already means the same, and is read without its backslash.
  const regex = fc
    .array(
      fc.constantFrom('/', '[/]', String.raw`\\`, String.raw`\d`, String.raw`\.`, '"', ' ', '\n', ':', '|', '+', 'é'),
    )
    .map((pieces) => pieces.join(''))
    .filter((pattern) => pattern !== '' && !('problem' in compileRegex(pattern)));
  const filters = fc.record(
    {
      level: fc.constantFrom(...levels),
      levels: fc.uniqueArray(fc.constantFrom(...levels, 'unset' as const), { minLength: 1 }),
      connections: fc.uniqueArray(fc.constantFrom(...connections.values()), { minLength: 1 }),
      text,
      exclude: text,
      regex,
      attributes: values,
      exclude_attributes: values,
      stream: text,
      parser: text,
      trace_id: fc.constant('4bf92f3577b34da6a3ce929d0e0e4736'),
    },
    { requiredKeys: [] },
  );
  const nameOf = (id: string) => [...connections].find(([, each]) => each === id)?.[0] ?? id;
  fc.assert(
    fc.property(filters, (filter) => {
      expect(parseQuery(filterText(filter, nameOf), connectionId)).toEqual({ filter });
    }),
    { numRuns: 500 },
  );
});

/** Parts that a person may write, of few names and values, so that they meet. */
const someTerms = fc.array(
  fc.oneof(
    fc.record({
      negative: fc.boolean(),
      key: fc.constantFrom('service', 'status'),
      value: fc.constantFrom('a', 'b', 'c'),
      regex: fc.constant(false),
    }),
    fc.record({
      negative: fc.boolean(),
      key: fc.constant('level'),
      value: fc.constantFrom(...levels),
      regex: fc.constant(false),
    }),
    fc.record({
      negative: fc.boolean(),
      key: fc.constant('levels'),
      value: fc.uniqueArray(fc.constantFrom(...levels, 'unset'), { minLength: 1 }).map((each) => each.join(',')),
      regex: fc.constant(false),
    }),
    fc.record({
      negative: fc.boolean(),
      key: fc.constant('connection'),
      value: fc.constantFrom(...connections.keys()),
      regex: fc.constant(false),
    }),
    fc.record({
      negative: fc.constant(true),
      key: fc.constant(undefined),
      value: fc.constantFrom('x', 'y z'),
      regex: fc.constant(false),
    }),
  ),
  { maxLength: 6 },
) satisfies fc.Arbitrary<Term[]>;

const someRecord = fc.record({
  attributes: fc.dictionary(fc.constantFrom('service', 'status'), fc.constantFrom('a', 'b', 'c')),
  resource: fc.dictionary(fc.constantFrom('service', 'status'), fc.constantFrom('a', 'b', 'c')),
  severity_number: fc.integer({ min: 0, max: 24 }),
  connection_id: fc.constantFrom(...connections.values()),
  body: fc.constantFrom('x', 'y z', 'w'),
});

type SomeRecord = typeof someRecord extends fc.Arbitrary<infer Value> ? Value : never;

/** Whether a line is what one part asks for, apart from its minus. */
function isOf({ key, value }: Term, record: SomeRecord): boolean {
  const level = levelOf(record.severity_number);
  switch (key) {
    case undefined:
      return record.body.includes(value);
    case 'level':
      return record.severity_number >= leastSeverity(levels.find((each) => each === value) ?? 'fatal');
    case 'levels':
      return value.split(',').includes(level ?? 'unset');
    case 'connection':
      return connectionId(value) === record.connection_id;
    default:
      return record.attributes[key] === value || record.resource[key] === value;
  }
}

test('a line is shown when it is what every part asks for, of an attribute or a connection any, however many parts there are', () => {
  fc.assert(
    fc.property(someTerms, fc.array(someRecord, { minLength: 20, maxLength: 20 }), (terms, records) => {
      const parsed = parseQuery(terms.map(termText).join(' '), connectionId, connectionIds);
      if ('problem' in parsed) {
        expect(parsed.problem).toMatch(/one text to leave out|no level is left|every connection is left out/);
        return;
      }
      const again = parseQuery(
        filterText(parsed.filter, (id) => [...connections].find(([, each]) => each === id)?.[0] ?? id),
        connectionId,
        connectionIds,
      );
      expect(again).toEqual(parsed);
      const matches = compileFilter(logFilter.parse(parsed.filter));
      for (const record of records) {
        const wanted = terms.every((term) => {
          if (term.negative) return !isOf(term, record);
          if (term.key === 'level' || term.key === 'levels') return isOf(term, record);
          return terms.some((other) => !other.negative && other.key === term.key && isOf(other, record));
        });
        expect(matches(record as unknown as LogRecord)).toBe(wanted);
      }
    }),
    { numRuns: 500 },
  );
});

test('a part says where it stands', () => {
  expect(placedTerms('a  -"b c":d').map(({ start, written }) => [start, written])).toEqual([
    [0, 'a'],
    [3, '-"b c":d'],
  ]);
});
