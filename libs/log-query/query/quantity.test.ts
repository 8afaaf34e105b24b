import { expect, it } from 'vitest';
import { quantityReader, readQuantity } from './quantity.ts';

it.each([
  ['12', 12, 'number'],
  ['-1.5e3', -1500, 'number'],
  ['.5', 0.5, 'number'],
  ['250ms', 250e6, 'duration'],
  ['1.5 s', 1.5e9, 'duration'],
  ['3µs', 3000, 'duration'],
  ['1h2m3.5s', 3723.5e9, 'duration'],
  ['-1m30s', -90e9, 'duration'],
  ['2d', 172_800e9, 'duration'],
  ['512B', 512, 'size'],
  ['10kb', 10_000, 'size'],
  ['4KiB', 4096, 'size'],
  ['1.5 GB', 1.5e9, 'size'],
])('%s is %d as a %s', (text, value, unit) => {
  expect(readQuantity(text)).toEqual({ value, unit });
});

it.each([
  '',
  ' ',
  'ms',
  '1,5',
  '1e',
  '12 apples',
  '1 2',
  '0x10',
  'Infinity',
  '1e999',
  'NaN',
  `${'1'.repeat(65)}`,
  '1s 2s',
])('"%s" is no quantity', (text) => {
  expect(readQuantity(text)).toBeUndefined();
});

it.each([
  ['duration_ms', 'duration', '20', 20e6],
  ['elapsedSeconds', 'duration', '1.5', 1.5e9],
  ['timeUs', 'duration', '2', 2000],
  ['duration_ms', 'duration', '1s', 1e9],
  ['took', 'duration', '20', undefined],
  ['alarms', 'duration', '20', undefined],
  ['response.bytes', 'size', '20', 20],
  ['length', 'size', '20', 20],
  ['length', 'size', '1KB', 1000],
  ['length', 'number', '1KB', undefined],
  ['duration_ms', 'number', '20', 20],
] as const)('%s is read as a %s from "%s"', (name, unit, text, value) => {
  expect(quantityReader(name, unit)(text)).toBe(value);
});
