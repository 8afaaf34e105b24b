import { expect, test } from 'vitest';
import { parseView, rangeOf, readMoment, viewSearch } from './view.ts';

test.each([
  '',
  '?q=level%3Aerror+%22payment+failed%22&from=-1h',
  '?at=2026-01-31T08%3A00%3A00.000Z',
  '?q=timeout&by=http.status',
  '?from=2026-01-31T08%3A00%3A00.000Z&to=2026-01-31T09%3A00%3A00.000Z&line=2026-01-31T08%3A30%3A00.123456789Z%7Eabc',
])('an address says all of the view: %s', (search) => {
  expect(viewSearch(parseView(search))).toBe(search);
});

test('the link of an alert is its part of time and its source', () => {
  const { query, time } = parseView('?from=2026-01-31T08:00:00.000Z&to=2026-01-31T08:05:00.000Z&connections=conn_1');
  expect(query).toBe('connection:conn_1');
  expect(time).toEqual({ kind: 'range', from: '2026-01-31T08:00:00.000Z', to: '2026-01-31T08:05:00.000Z' });
});

test('an address that makes no sense is the plain view', () => {
  const plain = { query: '', time: { kind: 'live', span: '-15m' }, line: undefined };
  expect(parseView('?from=yesterday&at=&line=x')).toEqual(plain);
  expect(parseView('?from=2026-01-31T09:00:00Z&to=2026-01-31T08:00:00Z')).toEqual(plain);
});

test.each([
  ['-15m', { kind: 'at', at: '2026-01-31T07:45:00.000Z' }],
  ['2h ago', { kind: 'at', at: '2026-01-31T06:00:00.000Z' }],
  ['30 s', { kind: 'at', at: '2026-01-31T07:59:30.000Z' }],
  ['-999999d', undefined],
  ['2026-01-31T07:00:00Z', { kind: 'at', at: '2026-01-31T07:00:00.000Z' }],
  ['2027-01-31T07:00:00Z', undefined],
  ['soon', undefined],
  ['', undefined],
  ['0m', undefined],
])('the view in an address reads %s as a time', (text, time) => {
  expect(readMoment(text, new Date('2026-01-31T08:00:00Z'))).toEqual(time);
});

test('a clock time is the last time a clock showed it', () => {
  const now = new Date(2026, 0, 31, 8, 0);
  expect(readMoment('07:30', now)).toEqual({ kind: 'at', at: new Date(2026, 0, 31, 7, 30).toISOString() });
  expect(readMoment('23:15:10', now)).toEqual({ kind: 'at', at: new Date(2026, 0, 30, 23, 15, 10).toISOString() });
});

test('a moment is shown with both sides of it, as far as there is one', () => {
  const now = Date.parse('2026-01-31T08:00:00Z');
  expect(rangeOf({ kind: 'at', at: '2026-01-31T07:59:00Z' }, now)).toEqual({ from: now - 660_000, to: now });
});
