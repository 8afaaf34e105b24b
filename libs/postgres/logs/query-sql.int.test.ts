import { compileQuery } from '@tailrace/log-query/query/query-matcher.ts';
import { readQuery } from '@tailrace/log-query/query/read-query.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Parameters } from '../parameters.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { testRecord } from '../test-records.ts';
import { querySql } from './query-sql.ts';

const stored = 500;
const queries = 400;

const word = fc.constantFrom(
  ...[
    'error',
    'ERROR',
    'Kelvin',
    '\u212Aelvin',
    '\u0130stanbul',
    'istanbul',
    'Ärger',
    'ärger',
    'ß',
    'SS',
    '100%',
    '_',
    '\\',
  ],
  ...['a*b', 'ab', 'x'.repeat(300), '5xx', '(x)', '"', "o'neill", '🚀'],
);
const text = fc.array(word, { minLength: 0, maxLength: 4 }).map((words) => words.join(' '));
const value = fc.oneof(
  word,
  fc.constantFrom('500', '502', '-3', '1e3', '1.5s', '1500ms', '90s', '1m30s', '10KB', '20480', '', ' ', 'eu-west-1'),
);
const names = ['status', 'took', 'elapsed_ms', 'size', 'region', 'user id', 'service', 'service.name', 'level'];
const fields = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 5 });
const record = fc.record({
  body: text,
  severity_number: fc.integer({ min: 0, max: 24 }),
  connection_id: fc.constantFrom('conn_a', 'conn_b'),
  provider: fc.constantFrom('aws', 'azure', 'gcp'),
  stream: fc.constantFrom('', 'web/1', 'web/2'),
  parser: fc.constantFrom('plain', 'json'),
  trace_id: fc.constantFrom(null, 'a'.repeat(32), `ab${'c'.repeat(30)}`),
  span_id: fc.constantFrom(null, 'b'.repeat(16)),
  flags: fc.uniqueArray(fc.constantFrom('json_cut', 'severity_inferred', ''), { maxLength: 2 }),
  attributes: fields,
  resource: fields,
}) satisfies fc.Arbitrary<Partial<LogRecord>>;

const quoted = (given: string) => `"${given.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
const bare = (given: string) => given.replaceAll(/[*"\\()]/g, String.raw`\$&`).replaceAll(/\s/g, '') || 'x';
const name = fc.constantFrom(
  ...names.map((each) => (each.includes(' ') || each === 'level' || each === 'service' ? quoted(each) : each)),
);
const regex = fc.constantFrom('/[Ee]rror/', '/^$/', '/k/', '/(?i)ärger/', '/\\d+/');
const leaf = fc.oneof(
  word.map(quoted),
  fc.tuple(word, word).map(([a, b]) => `x${bare(a)}*${bare(b)}`),
  fc.tuple(word, word).map(([a, b]) => `body:${bare(a)}*${bare(b)}`),
  regex,
  fc.tuple(fc.constantFrom(':', '='), value, name).map(([sign, given, field]) => `${field}${sign}${quoted(given)}`),
  fc.tuple(value, value, name).map(([a, b, field]) => `${field}:${bare(a)}*${bare(b)}`),
  fc.tuple(name, regex).map(([field, pattern]) => `${field}:${pattern}`),
  name.map((field) => `${field}:*`),
  fc
    .tuple(
      name,
      fc.constantFrom('=', '>', '>=', '<', '<='),
      fc.constantFrom('500', '-3', '1.5s', '1m30s', '10KB', '20KiB'),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom(':', '=', '>', '>=', '<', '<='), fc.constantFrom('trace', 'info', 'warn', 'error', 'fatal'))
    .map((parts) => `level${parts.join('')}`),
  fc.constantFrom('level:unset', 'level:*', 'connection:conn_a', 'provider:(aws OR gcp)', 'stream:web/*', 'stream:*'),
  fc.constantFrom(
    'trace:*',
    `trace:${'A'.repeat(32)}`,
    'trace:ab*',
    'span:*',
    'parser:json',
    'flags:*',
    'flags:json*',
    '*',
  ),
  fc.constantFrom('service:error', 'service:*', 'body="error"', 'body:ERROR', 'body:""'.replace('""', '"ab"')),
);
const { query } = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a} OR ${b})`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a} ${b})`),
    tie('query').map((each) => `-(${each})`),
    tie('query').map((each) => `NOT ${each}`),
  ),
}));

let database: TestDatabase;
let records: readonly LogRecord[];
beforeAll(async () => {
  database = await createTestDatabase();
  records = fc.sample(record, { numRuns: stored, seed: 7 }).map((fields, index) => testRecord(index, fields));
  await database.store(records);
});
afterAll(() => database?.drop());

/** Ids of what PostgreSQL finds. */
async function selected(sql: string, parameters: Parameters): Promise<Set<string>> {
  const { rows } = await database.pool.query<{ id: string }>(
    `select id::text from logs where ${sql}`,
    parameters.values,
  );
  return new Set(rows.map(({ id }) => id.replaceAll('-', '')));
}

it(`a query means the same in PostgreSQL and on live lines, over ${queries * stored} pairs of a query and a line`, async () => {
  let exact = 0;
  await fc.assert(
    fc.asyncProperty(query, async (given) => {
      const reading = readQuery(given);
      if ('problem' in reading) throw new Error(`${given}: ${reading.problem.message}`);
      const matches = compileQuery(reading.tree);
      const wanted = records.filter(matches).map(({ id }) => id);
      if (reading.tree === undefined) return;
      const parameters = new Parameters();
      const { sql, isExact } = querySql(reading.tree, parameters);
      const found = await selected(sql, parameters);
      expect(wanted.filter((id) => !found.has(id))).toEqual([]);
      if (!isExact) return;
      exact += 1;
      expect(found.size).toBe(wanted.length);
    }),
    { numRuns: queries },
  );
  expect(exact).toBeGreaterThan(queries / 10);
});
