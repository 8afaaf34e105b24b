import { expect, it } from 'vitest';
import { zoneProblem } from './local-time.ts';
import { testTime } from './test-rules.ts';
import { timeFormatProblem, timeReader } from './time-format.ts';

it.each([
  ['dd.MM.yyyy HH:mm:ss,SSS', '31.01.2024 10:20:30,5', '2024-01-31T10:20:30.5'],
  ["yyyyMMdd'at'HHmmss", '20240131at102030', '2024-01-31T10:20:30'],
  ['d.M.yy H:m', '5.1.24 9:07', '2024-01-05T09:07:00'],
  ['dd/MMM/yyyy:HH:mm:ss Z', '31/Jan/2024:10:20:30 +0100', '2024-01-31T10:20:30+01:00'],
  ['EEE MMM d HH:mm:ss z yyyy', 'Wed Jan 31 10:20:30 CET 2024', '2024-01-31T10:20:30+01:00'],
  ['EEEE, d MMMM yyyy hh:mm a', 'Wednesday, 31 January 2024 01:05 PM', '2024-01-31T13:05:00'],
  ['MMM d HH:mm:ss', 'Dec  5 10:20:30', '2026-12-05T10:20:30'],
  ['HH:mm:ss', '10:20:30', 'T10:20:30'],
  ['yyyy-DDD', '2024-060', '2024-02-29T00:00:00'],
  ['%d/%b/%Y:%H:%M:%S %z', '31/Jan/2024:10:20:30 -0500', '2024-01-31T10:20:30-05:00'],
  ['%Y%m%dT%H%M%S.%f', '20240131T102030.000123', '2024-01-31T10:20:30.000123'],
  ['%e. %B %y, %l:%M %p', ' 5. March 24,  1:05 am', '2024-03-05T01:05:00'],
  ['unix', '1706696430', '2024-01-31T10:20:30Z'],
  ['unix', '1706696430.25', '2024-01-31T10:20:30.25Z'],
  ['unix_ms', '1706696430007', '2024-01-31T10:20:30.007Z'],
  ['unix_us', '5000007', '1970-01-01T00:00:05.000007Z'],
  ['unix_ns', '1706696430000000001', '2024-01-31T10:20:30.000000001Z'],
])('the format %s reads %s', (format, text, expected) => {
  expect(timeFormatProblem(format)).toBeUndefined();
  expect(timeReader(format)(text, testTime)).toBe(expected);
  expect(timeReader(format)(`${text} and more`, testTime)).toBeUndefined();
});

it.each([
  ['dd.MM.yyyy', '32.01.2024'],
  ['dd.MM.yyyy', '1.1.2024'],
  ['HH:mm', '25:00'],
  ['hh:mm a', '13:00 PM'],
  ['unix_ms', 'x'],
  ['yyyy', ''],
])('the format %s does not read %s', (format, text) => {
  expect(timeReader(format)(text, testTime)).toBeUndefined();
});

it('a time format reads what is self-evident without a format', () => {
  const read = timeReader();
  expect(read('2024-01-31 10:20:30,123', testTime)).toBe('2024-01-31T10:20:30.123');
  expect(read('1706696430007', testTime)).toBe('2024-01-31T10:20:30.007Z');
  expect(read('2024-01-31 10:20:30 and more', testTime)).toBeUndefined();
  expect(read('noon', testTime)).toBeUndefined();
});

it.each([
  ['Europe/Vienna', '2024-01-31 10:20:30', '2024-01-31T10:20:30+01:00'],
  ['Europe/Vienna', '2024-07-31 10:20:30', '2024-07-31T10:20:30+02:00'],
  ['America/St_Johns', '2024-01-31 10:20:30', '2024-01-31T10:20:30-03:30'],
  ['UTC', '2024-01-31 10:20:30', '2024-01-31T10:20:30Z'],
  ['-05:30', '2024-01-31 10:20:30', '2024-01-31T10:20:30-05:30'],
  ['Europe/Vienna', '2024-01-31T10:20:30Z', '2024-01-31T10:20:30Z'],
  // Clocks jump from 2:00 to 3:00, then go back from 3:00 to 2:00.
  ['Europe/Vienna', '2024-03-31 02:30:00', '2024-03-31T02:30:00+01:00'],
  ['Europe/Vienna', '2024-10-27 01:30:00', '2024-10-27T01:30:00+02:00'],
  ['Europe/Vienna', '2024-10-27 03:30:00', '2024-10-27T03:30:00+01:00'],
])('in %s it is %s: %s', (zone, text, expected) => {
  expect(timeReader(undefined, zone)(text, testTime)).toBe(expected);
});

it('a time format decides by the time of the event which of two like hours it is', () => {
  const read = timeReader('yyyy-MM-dd HH:mm', 'Europe/Vienna');
  const at = (utc: string) => read('2024-10-27 02:30', Date.parse(utc) * 1000);
  expect(at('2024-10-27T00:30:05Z')).toBe('2024-10-27T02:30:00+02:00');
  expect(at('2024-10-27T01:30:05Z')).toBe('2024-10-27T02:30:00+01:00');
});

it('a time format says what is wrong with a format or a zone', () => {
  expect(timeFormatProblem('yyyy-QQ')).toContain('has QQ, which is no part of a time');
  expect(timeFormatProblem("yyyy 'at")).toContain("has a ' that is not closed");
  expect(timeFormatProblem('%Q')).toContain('has %Q');
  expect(zoneProblem('CET')).toContain('is not a time zone');
  expect(zoneProblem('Mars/Olympus')).toContain('is not a time zone');
});
