import { expect, it } from 'vitest';
import { didYouMean } from './near-matches.ts';

const names = ['GKE output', 'GKE audit', 'shop production', 'shop staging', 'demo'];

it.each([
  ['GKE ouput', 'Did you mean GKE output? '],
  ['gke output', 'Did you mean GKE output? '],
  ['shop', 'Did you mean shop staging or shop production? '],
  ['dmeo', 'Did you mean demo? '],
  ['billing', ''],
  ['x'.repeat(50), ''],
])('for %s: %s', (text, expected) => {
  expect(didYouMean(text, names)).toBe(expected);
});

it('a near match shows a name as a terminal may', () => {
  expect(didYouMean('abc', ['abc\u001b'])).toBe('Did you mean abc\\u001b? ');
});
