import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsOf } from './filter-fields.ts';
import { type LogFilter, logFilter } from './log-filter.ts';
import { compileFilter } from './matcher.ts';

const problemsOf = (input: unknown) =>
  logFilter.safeParse(input).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const line = (attributes: Record<string, string>, resource: Record<string, string> = {}) =>
  // The parts of a record that filters of attributes look at.
  ({ attributes, resource, body: '', severity_number: 9 }) as LogRecord;
const matches = (filter: LogFilter, record: LogRecord) => compileFilter(logFilter.parse(filter))(record);

describe('attributes of a filter', () => {
  it('leaves out lines with any of several values of one attribute', () => {
    const filter = { exclude_attributes: { status: ['200', '500'] } };
    expect(['200', '404', '500'].filter((status) => matches(filter, line({ status })))).toEqual(['404']);
    expect(matches(filter, line({}))).toBe(true);
    expect(matches(filter, line({ status: '404' }, { status: '200' }))).toBe(false);
  });

  it('finds lines with any of several values of one attribute, and each of several attributes', () => {
    const filter = { attributes: { status: ['200', '500'], zone: 'eu' } };
    expect(matches(filter, line({ status: '500', zone: 'eu' }))).toBe(true);
    expect(matches(filter, line({ status: '404' }, { status: '200', zone: 'eu' }))).toBe(true);
    expect(matches(filter, line({ status: '404', zone: 'eu' }))).toBe(false);
    expect(matches(filter, line({ status: '500' }))).toBe(false);
  });

  it('puts several values of one name together', () => {
    expect(
      fieldsOf([
        ['a', '1'],
        ['b', '2'],
        ['a', ''],
      ]),
    ).toEqual({ a: ['1', ''], b: '2' });
  });

  const keys = fc.constantFrom('constructor', 'toString', 'hasOwnProperty', '0', '-1', 'length', 'a.b', ' ');
  it('compares own fields alone, whatever they are called', () => {
    fc.assert(
      fc.property(keys, keys, fc.constantFrom('', 'x', 'function'), (asked, present, value) => {
        const record = line({ [present]: value });
        expect(matches({ attributes: { [asked]: value } }, record)).toBe(asked === present);
        expect(matches({ exclude_attributes: { [asked]: [value, 'other'] } }, record)).toBe(asked !== present);
      }),
    );
  });

  it.each(['attributes', 'exclude_attributes'])('refuses __proto__ among %s, which no filter can hold', (list) => {
    const filter: unknown = JSON.parse(`{"${list}":{"__proto__":"x"}}`);
    expect(problemsOf(filter)).toEqual([`${list}: cannot be called __proto__ here`]);
    expect(problemsOf({ [list]: fieldsOf([['__proto__', 'x']]) })).toHaveLength(1);
  });

  it('bounds how many attributes and values there may be', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => String(index));
    expect(problemsOf({ attributes: { a: many(100) } })).toEqual([]);
    expect(problemsOf({ attributes: { a: many(50), b: many(51) } })).toEqual([
      'attributes: must have at most 100 values in all',
    ]);
    expect(problemsOf({ attributes: fieldsOf(many(21).map((key) => [key, 'x'])) })).toEqual([
      'attributes: must be at most 20',
    ]);
    expect(problemsOf({ attributes: { a: [] } })).toHaveLength(1);
  });
});
