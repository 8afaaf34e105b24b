import { describe, expect, it } from 'vitest';
import { connectionTest, expressionsOf, requiredParts } from './required-parts.ts';

describe('what every line that a query finds has', () => {
  it.each([
    ['', {}],
    ['level:error svc:cart -x', { level: 'error', attributes: { svc: ['cart'] } }],
    ['a longest ab', { text: 'longest' }],
    ['connection:(a OR b) stream:s /x/', { connections: ['a', 'b'], stream: 's', regex: 'x' }],
    ['level:error OR svc:cart', {}],
    ['-level:error -svc:cart NOT (connection:a)', {}],
    ['level=error svc:c* took>1s', {}],
    ['svc:(a OR b) region:eu', { attributes: { svc: ['a', 'b'], region: ['eu'] } }],
  ])('%s', (query, parts) => expect(requiredParts(query)).toEqual(parts));
});

it.each([
  ['', true],
  ['x', true],
  ['connection:a', true],
  ['connection:b', false],
  ['-connection:a', false],
  ['-connection:b', true],
  ['x OR connection:b', true],
  ['connection:b OR connection:c', false],
  ['x NOT connection:(a OR b)', false],
  ['NOT (x connection:a)', true],
  ['connection:a*', true],
])('%s may find lines of connection a: %s', (query, expected) => {
  expect(connectionTest(query)('a')).toBe(expected);
});

it('the cost of a query counts every expression of a query', () => {
  expect(expressionsOf('/a/ OR -(b:/c/ d)')).toEqual(['a', 'c']);
  expect(expressionsOf(undefined)).toEqual([]);
});
