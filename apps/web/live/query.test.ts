import { compileRegex } from '@tailrace/log-query/regex.ts';
import { levels } from '@tailrace/log-record/level.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastPartStart, SeenAttributes, suggestions } from './completion.ts';
import { filterText, parseQuery, type Term, termsOf, termText, withoutKey, withTerm } from './query.ts';

const connections = new Map([
  ['shop', 'conn_1'],
  ['the bank', 'conn_2'],
  ['shop, eu', 'conn_3'],
  ['"the" shop,bank', 'conn_4'],
]);
const connectionId = (name: string) => connections.get(name);

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
  ['a/b', { text: 'a/b' }],
  [String.raw`/GET \/api/`, { regex: 'GET /api' }],
  ['connection:"shop, eu"', { connections: ['conn_3'] }],
  ['connection:"shop,the bank"', { connections: ['conn_1', 'conn_2'] }],
  [
    '"user id":42 "level":30 -"a\\"b":x empty:""',
    { attributes: { 'user id': '42', level: '30', empty: '' }, exclude_attributes: { 'a"b': 'x' } },
  ],
])('%s', (query, filter) => {
  expect(parseQuery(query, connectionId)).toEqual({ filter });
});

test.each([
  ['level:loud', 'level is one of trace, debug'],
  ['connection:nowhere', 'no connection nowhere'],
  ['-a -b', 'one text to leave out'],
  ['/a/ /b/', 'one expression at a time'],
  ['-/a/', 'cannot be left out'],
  ['-level:info', 'level cannot be left out'],
  ['trace:1', 'trace is 32'],
])('%s: says what is wrong', (query, problem) => {
  expect(parseQuery(query, connectionId)).toEqual({ problem: expect.stringContaining(problem) });
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
    seen.see({ attributes: { service }, resource: { region: 'eu' }, stream: 's' } as never);
  }
  expect(suggestions('serv', seen, {}).map(({ text }) => text)).toEqual(['service:']);
  expect(suggestions('service:', seen, {}).map(({ text }) => text)).toEqual(['service:"check out"', 'service:cart']);
  expect(suggestions('-region:e', seen, {}).map(({ text }) => text)).toEqual(['-region:eu']);
  expect(suggestions('level:w', seen, { level: ['warn', 'error'] }).map(({ text }) => text)).toEqual(['level:warn']);
});

test('completion knows names in quotes, and writes values that read back', () => {
  const seen = new SeenAttributes();
  seen.see({
    attributes: { 'user id': '42', level: '30', url: '//cdn', text: 'a\nb' },
    resource: {},
    stream: 's',
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
  );
  const key = fc.oneof(
    text,
    fc.constantFrom('level', 'stream', 'user id', 'aws:requestId', 'http.status', '__proto__'),
  );
  const values = fc
    .array(fc.tuple(key, fc.oneof(text, fc.constant(''))), { minLength: 1, maxLength: 3 })
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
