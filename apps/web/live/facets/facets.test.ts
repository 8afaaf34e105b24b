import { fieldNamed } from '@tailrace/log-query/query/field-text.ts';
import { expect, test } from 'vitest';
import { type FieldSample, facetsOf, pressed, valuesShown } from './facets.ts';

function sampled(name: string, lines: number, values: Readonly<Record<string, number>>, distinct = 0) {
  const entries = Object.entries(values).map(([value, count]) => ({ value, lines: count }));
  return { name, kind: 'text' as const, lines, distinct: distinct || entries.length, values: entries };
}

const sample: FieldSample = {
  ...{ from: '', to: '', counted_from: '', lines: 100, complete: true, fields_left_out: 0 },
  fields: [
    sampled('level', 100, { info: 90, error: 10 }),
    sampled('connection', 100, { conn_a: 100 }),
    sampled('stream', 100, { a: 50, b: 50 }),
    sampled('service', 100, { shop: 100 }),
    sampled('parser', 100, { json: 100 }),
    sampled('service.name', 100, { shop: 100 }),
    sampled('region', 100, { eu: 60, us: 40 }),
    sampled('request_id', 100, { a1: 1 }, 100),
    sampled('order_id', 20, { o1: 1, o2: 1 }, 20),
    sampled('host', 100, { one: 100 }),
    sampled('coupon', 1, { x: 1 }),
    sampled('status', 40, { 200: 30, 500: 10 }),
  ],
};

test('facets are level, service and connection, then attributes of few values that differ between lines', () => {
  expect(facetsOf(sample, '').map(({ name }) => name)).toEqual(['level', 'service', 'connection', 'region', 'status']);
});

test('a field that the query speaks of stays, whatever its values are and whether any line has it', () => {
  const names = facetsOf(sample, 'host:one -"user id":7').map(({ name }) => name);
  expect(names).toEqual(['level', 'service', 'connection', 'host', '"user id"', 'region', 'status']);
});

const press = (query: string, name: string, value: string, negative = false) =>
  pressed(query, { field: fieldNamed(name), value, negative });

test.each([
  ['', 'region', 'eu', false, 'region:eu'],
  ['region:eu', 'region', 'us', false, 'region:(eu OR us)'],
  ['timeout region:eu', 'region', 'eu', false, 'timeout'],
  ['region:eu', 'region', 'eu', true, '-region:eu'],
  ['-region:eu', 'region', 'eu', true, ''],
  ['-region:(eu OR us) x', 'region', 'eu', true, 'x -region:us'],
  ['region:us -region:eu', 'region', 'eu', true, 'region:us'],
  ['', 'level', 'info', false, 'level=info'],
  ['level:error x', 'level', 'info', false, 'x level=info'],
  ['x level=info', 'level', 'info', false, 'x'],
  ['level=info', 'level', 'info', true, '-level=info'],
  ['-level=info', 'level', 'info', true, ''],
  ['', 'level', 'unset', false, 'level:unset'],
  ['', '"level"', '30', false, '"level":30'],
])('in %s, pressing %s %s (left out: %s) gives %s', (query, name, value, negative, expected) => {
  expect(press(query, name, value, negative)).toBe(expected);
});

test('a value that the query leaves out stays among those shown, so that it can be taken back', () => {
  const region = sample.fields.find(({ name }) => name === 'region');
  if (region === undefined) throw new Error('there is no region');
  const shown = valuesShown('-region:asia', region, (_, value) => value);
  expect(shown).toContainEqual({ text: 'asia', lines: 0 });
  expect(valuesShown('-region:eu', region, (_, value) => value)).toHaveLength(2);
});
