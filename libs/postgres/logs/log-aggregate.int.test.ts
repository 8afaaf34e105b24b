import { compileFilter } from '@tailrace/log-query/matcher.ts';
import { type AggregateFunction, percentOf } from '@tailrace/log-query/numbers/functions.ts';
import type { GroupField } from '@tailrace/log-query/query/field-text.ts';
import { quantityReader, readQuantity, type Unit } from '@tailrace/log-query/query/quantity.ts';
import { levelOf } from '@tailrace/log-record/level.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { testRecord } from '../test-records.ts';
import { aggregateLogs } from './log-aggregate.ts';

const minute = 60_000_000;
const begin = Date.UTC(2026, 0, 1) * 1000;
const span = 90 * minute;
const stored = 400;

const value = fc.constantFrom(
  ...['12', '-3.5', '1e3', '0', '0.1', '0.2', '250ms', '1.5s', '1m30s', '-2s', '10KB', '4KiB', '512B'],
  ...['', 'n/a', '12 apples', 'Infinity', '1e999', 'x'.repeat(300), '5'.repeat(70)],
);
const place = fc.constantFrom(
  'eu-west-1',
  'us-east-1',
  '',
  'ä'.repeat(300),
  `${'🚀'.repeat(256)}a`,
  `${'🚀'.repeat(256)}b`,
);
const fields = fc.record(
  {
    took: value,
    elapsed_ms: value,
    size_bytes: value,
    region: place,
    level: place,
    'service.name': place,
    service: place,
  },
  { requiredKeys: [] },
);
const record = fc.record({
  timestamp: fc.integer({ min: begin, max: begin + span }),
  severity_number: fc.integer({ min: 0, max: 24 }),
  body: fc.constantFrom('placed', 'Failed', 'ärger'),
  connection_id: fc.constantFrom('conn_a', 'conn_b'),
  stream: fc.constantFrom('', 'web/1'),
  trace_id: fc.constantFrom(null, 'a'.repeat(32)),
  attributes: fields,
  resource: fields,
}) satisfies fc.Arbitrary<Partial<LogRecord>>;

const line = (name: Extract<GroupField, { kind: 'line' }>['name']): GroupField =>
  ({ kind: 'line', name }) as GroupField;
const group: fc.Arbitrary<GroupField> = fc.constantFrom(
  ...(['level', 'connection', 'provider', 'stream', 'service', 'trace', 'span', 'parser'] as const).map(line),
  ...(['region', 'level', 'took', 'missing', '__proto__'] as const).map(
    (name) => ({ kind: 'attribute', name }) as const,
  ),
);
const functions: readonly AggregateFunction[] = ['sum', 'count', 'rate', 'avg', 'min', 'max', 'p50', 'p99.9', 'p5'];
const request = fc.record({
  // The last three are left to the matcher.
  query: fc.constantFrom(
    '',
    'level:info',
    'failed OR took:*',
    '-region:eu-*',
    'took>1s',
    'ärger',
    '/^F/ size_bytes>=0',
  ),
  field: fc.constantFrom('took', 'elapsed_ms', 'size_bytes', 'missing'),
  unit: fc.constantFrom<(Unit | undefined)[]>(undefined, 'number', 'duration', 'size'),
  by: fc.uniqueArray(group, { maxLength: 3, selector: JSON.stringify }),
  functions: fc.shuffledSubarray([...functions], { minLength: 1 }),
  width: fc.option(fc.integer({ min: 10_000_000, max: 2 * span }), { nil: undefined }),
  top: fc.integer({ min: 1, max: 30 }),
  range: fc.tuple(fc.integer({ min: 0, max: span }), fc.integer({ min: 0, max: span })),
});

let database: TestDatabase;
let records: readonly LogRecord[];
beforeAll(async () => {
  database = await createTestDatabase();
  records = fc.sample(record, { numRuns: stored, seed: 13 }).map((each, index) => testRecord(index, each));
  await database.store([...records, testRecord(9999, { project_id: 'other', timestamp: begin })]);
});
afterAll(() => database?.drop());

/** What a line has in a field, read as plainly as can be. */
function textIn(field: GroupField, { attributes, resource, ...given }: LogRecord): string | null {
  const named = (name: string) =>
    new Map(Object.entries(attributes)).get(name) ?? new Map(Object.entries(resource)).get(name) ?? null;
  if (field.kind === 'attribute') return named(field.name);
  if (field.name === 'service') return named('service.name') ?? named('service');
  if (field.name === 'level') return levelOf(given.severity_number) ?? 'unset';
  const text = {
    connection: given.connection_id,
    provider: given.provider,
    stream: given.stream,
    trace: given.trace_id,
    span: given.span_id,
    parser: given.parser,
  }[field.name];
  return text === '' ? null : text;
}

function results(names: readonly AggregateFunction[], lines: number, numbers: number[], seconds: number) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const sum = numbers.reduce((a, b) => a + b, 0);
  const made = (name: AggregateFunction) => {
    const percent = percentOf(name);
    if (percent !== undefined) return sorted[Math.max(1, Math.ceil((percent * sorted.length) / 100)) - 1];
    return { count: lines, rate: lines / seconds, sum, avg: sum / numbers.length, min: sorted[0], max: sorted.at(-1) }[
      name as 'count'
    ];
  };
  return names.map((name) =>
    numbers.length === 0 && name !== 'count' && name !== 'rate' ? null : expect.closeTo(made(name) ?? Number.NaN, 3),
  );
}

it('an aggregate sums up in PostgreSQL and by scanning what a plain model sums up of the same lines', async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ query, field, unit, by, functions, width, top, range: [one, other] }) => {
      const [from, to] = [begin + Math.min(one, other), begin + Math.max(one, other) + 1];
      const filter = query === '' ? {} : { query };
      const found = await aggregateLogs({
        ...{ pool: database.pool, projectId: 'demo', filter, from, to, field, unit, by, functions, width, top },
        deadline: performance.now() + 120_000,
      });

      const matches = compileFilter(filter);
      const lines = records.filter((each) => each.timestamp >= from && each.timestamp < to && matches(each));
      const text = (each: LogRecord) => textIn({ kind: 'attribute', name: field }, each) ?? '';
      const written = lines.map((each) => readQuantity(text(each))?.unit);
      const most = (['number', 'duration', 'size'] as const).toSorted(
        (a, b) => written.filter((each) => each === b).length - written.filter((each) => each === a).length,
      );
      const named = { elapsed_ms: 'duration', size_bytes: 'size', took: undefined, missing: undefined } as const;
      const wanted = unit ?? named[field] ?? most[0] ?? 'number';
      const read = quantityReader(field, wanted);
      const numberOf = (each: LogRecord) => read(text(each));
      const over = (these: readonly LogRecord[], start = from, end = to) =>
        results(
          functions,
          these.length,
          these.flatMap((each) => numberOf(each) ?? []),
          (end - start) / 1e6,
        );
      const inTime = (these: readonly LogRecord[]) => {
        const buckets = Map.groupBy(these, (each) => (width === undefined ? 0 : Math.floor(each.timestamp / width)));
        const made = [...buckets].map(([bucket, inside]) =>
          width === undefined
            ? ([bucket, over(inside)] as const)
            : ([bucket, over(inside, Math.max(from, bucket * width), Math.min(to, (bucket + 1) * width))] as const),
        );
        return { total: over(these), buckets: new Map(made) };
      };
      const keyOf = (each: LogRecord) =>
        JSON.stringify(
          by.map(
            (field) =>
              Array.from(textIn(field, each) ?? '')
                .slice(0, 256)
                .join('') +
              (textIn(field, each) === null),
          ),
        );
      const groups = Map.groupBy(lines, keyOf);

      expect(found).toMatchObject({
        unit: wanted,
        lines: lines.length,
        countedFrom: from,
        percentileError: 0,
        isGroupOverflow: false,
      });
      expect(found.withoutNumber).toBe(lines.filter((each) => numberOf(each) === undefined).length);
      expect({ total: found.total.total, buckets: found.total.buckets }).toEqual(inTime(lines));
      expect(found.groups).toHaveLength(Math.min(top, groups.size));
      expect(found.groupsLeftOut).toBe(groups.size - found.groups.length);
      const shown = new Set<string>();
      let last = Number.POSITIVE_INFINITY;
      for (const { group, total, buckets } of found.groups) {
        const key = JSON.stringify(group.map((each) => (each ?? '') + (each === null)));
        shown.add(key);
        expect({ total, buckets }).toEqual(inTime(groups.get(key) ?? []));
        const rank = total[0] ?? Number.NEGATIVE_INFINITY;
        expect(rank).toBeLessThanOrEqual(last);
        last = rank;
      }
      const others = [...groups].flatMap(([key, these]) => (shown.has(key) ? [] : these));
      expect(found.others).toEqual(others.length === 0 ? undefined : inTime(others));
      const highest = [...groups].filter(([key]) => !shown.has(key)).map(([, these]) => these);
      const first = functions[0] === undefined ? [] : [functions[0]];
      for (const these of highest.slice(0, 20)) {
        const left = results(
          first,
          these.length,
          these.flatMap((each) => numberOf(each) ?? []),
          (to - from) / 1e6,
        );
        const value: number = left[0]?.sample ?? Number.NEGATIVE_INFINITY;
        expect(value).toBeLessThanOrEqual(Number.isFinite(last) ? last + Math.abs(last) * 1e-9 + 1e-9 : last);
      }
    }),
    { numRuns: 200 },
  );
});

it('an aggregate says from when on it has counted when the time is up', async () => {
  const common = {
    pool: database.pool,
    projectId: 'demo',
    from: begin,
    to: begin + span + 1,
    unit: undefined,
    width: undefined,
  };
  const asked = {
    ...common,
    functions: ['count'] as const,
    field: undefined,
    by: [],
    top: 1,
    deadline: performance.now() - 1,
  };
  const found = await aggregateLogs({ ...asked, filter: {} });
  expect([found.lines, found.countedFrom]).toEqual([0, begin + span + 1]);
});
