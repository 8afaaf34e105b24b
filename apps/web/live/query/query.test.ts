import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { logFilter } from '@tailrace/log-query/log-filter.ts';
import { compileFilter } from '@tailrace/log-query/matcher.ts';
import { compileRegex } from '@tailrace/log-query/regex.ts';
import { levels } from '@tailrace/log-record/level.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterText, readQuery } from './query.ts';

const connections = new Map([
  ['shop', 'conn_1'],
  ['the bank', 'conn_2'],
  ['"the" shop,bank', 'conn_4'],
]);
const connectionId = (name: string) => connections.get(name);
const connectionName = (id: string) => [...connections].find(([, each]) => each === id)?.[0] ?? id;

test.each([
  ['', {}],
  ['  ', {}],
  ['payment failed ', { query: 'payment failed' }],
  ['connection:shop OR -connection:("the bank")', { query: 'connection:conn_1 OR -connection:(conn_2)' }],
  ['status>=500 (a OR b)', { query: 'status>=500 (a OR b)' }],
])('%s is asked for by its text, with the ids of connections', (query, filter) => {
  expect(readQuery(query, connectionId)).toEqual({ filter });
});

test.each([
  ['level:loud', 'at loud (character 7): level is one of trace, debug'],
  ['connection:nowhere', 'at connection:nowhere (character 1): there is no connection nowhere'],
  ['a OR', 'at the end (character 5): something to look for is missing here'],
  ['(a and many more words follow', 'at (a and many more wor… (character 1): this parenthesis is not closed'],
])('%s: says what is wrong, and where', (query, problem) => {
  expect(readQuery(query, connectionId)).toEqual({ problem: expect.stringContaining(problem) });
});

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((each) => !each.includes('\0')),
  fc.constantFrom('a"b', '\\', '-x', '/x/', 'k:v', '"k":v', 'a b', 'https://x', 'level:info', 'x', 'y z'),
  fc.constantFrom('OR', 'a OR b', '5*', '*', '>=500', 'x>5', 'level=error', '(a', '=1', 'NOT x', ')'),
);
const key = fc.oneof(text, fc.constantFrom('level', 'stream', 'user id', 'aws:requestId', 'http.status', 'service'));
const value = fc.oneof(text, fc.constantFrom('', 'a', 'b'));
const fields = fc.dictionary(key, value, { maxKeys: 3 });
// A slash stands alone here: one that is escaped already means the same, and is read without its backslash.
const regex = fc
  .array(fc.constantFrom('/', '[/]', '\\\\', '\\d', '\\.', '"', ' ', '\n', ':', '|', '+', 'é', 'x'))
  .map((pieces) => pieces.join(''))
  .filter((pattern) => pattern !== '' && !('problem' in compileRegex(pattern)));
const values = fc
  .array(fc.tuple(key, fc.oneof(value, fc.uniqueArray(value, { minLength: 2, maxLength: 4 }))), {
    minLength: 1,
    maxLength: 3,
  })
  .map((entries): Record<string, string | string[]> => Object.fromEntries(entries));
const filters: fc.Arbitrary<LogFilter> = fc.record(
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
    query: fc.constantFrom('', 'x OR level:error', 'connection:conn_2', '-a b', '(a)'),
  },
  { requiredKeys: [] },
);
/** Near to the filter, so that many lines pass some of its parts. */
const recordFor = ({ text: part = '', exclude = '', attributes = {}, stream = '' }: LogFilter) =>
  fc.record({
    attributes: fc.oneof(
      fields,
      fc.constant(Object.fromEntries(Object.entries(attributes).map(([k, v]) => [k, [v].flat()[0]]))),
    ),
    resource: fields,
    severity_number: fc.integer({ min: 0, max: 24 }),
    connection_id: fc.constantFrom(...connections.values()),
    body: fc.constantFrom(part, `${part} ${exclude}`, `x ${part.toUpperCase()} y`, 'a b'),
    stream: fc.constantFrom(stream, 'other'),
    trace_id: fc.constantFrom(null, '4bf92f3577b34da6a3ce929d0e0e4736'),
  });

test('a filter of any kind is written as a query that finds the same lines', () => {
  fc.assert(
    fc.property(
      filters.chain((filter) =>
        fc.tuple(fc.constant(filter), fc.array(recordFor(filter), { minLength: 10, maxLength: 10 })),
      ),
      ([filter, records]) => {
        const read = readQuery(filterText(filter, connectionName), connectionId);
        if ('problem' in read) throw new Error(read.problem);
        const [before, after] = [filter, read.filter].map((each) => compileFilter(logFilter.parse(each)));
        for (const record of records) {
          expect(after?.(record as unknown as LogRecord)).toBe(before?.(record as unknown as LogRecord));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a rule’s filter is shown with the names of connections, and with the id of one that is gone', () => {
  expect(filterText({ query: 'connection:conn_2 x' }, connectionName)).toBe('connection:"the bank" x');
  expect(filterText({ connections: ['conn_1'], query: 'a OR b' }, connectionName)).toBe('connection:shop (a OR b)');
  expect(filterText({ query: 'connection:conn_9' }, connectionName)).toBe('connection:conn_9');
});
