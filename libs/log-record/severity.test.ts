import { describe, expect, it } from 'vitest';
import {
  severityOfAppTraces,
  severityOfGcp,
  severityOfPinoLevel,
  severityOfPythonLevel,
  severityOfSyslog,
  severityOfWindowsEvent,
  severityOfWord,
} from './severity.ts';

describe('severity numbers', () => {
  it.each([
    ['TRACE', 1],
    ['FINEST', 1],
    ['Debug', 5],
    ['verbose', 5],
    ['INFO', 9],
    ['Information', 9],
    ['information', 9],
    ['iNfO', 9],
    ['NOTICE', 10],
    ['WARN', 13],
    ['Warning', 13],
    ['wrn', 13],
    ['ERROR', 17],
    ['err', 17],
    ['SEVERE', 17],
    ['crit', 18],
    ['alert', 19],
    ['CRITICAL', 21],
    ['fatal', 21],
    ['emerg', 21],
    ['panic', 21],
    ['hello', 0],
    ['', 0],
    ['constructor', 0],
    ['__proto__', 0],
    ['x'.repeat(100_000), 0],
  ])('of the word %.20s is %i', (word, number) => {
    expect(severityOfWord(word)).toBe(number);
  });

  it.each([
    [10, 1],
    [20, 5],
    [30, 9],
    [35, 9],
    [40, 13],
    [50, 17],
    [60, 21],
    [100, 21],
    [9, 0],
    [Number.NaN, 0],
  ])('of pino %d is %i', (level, number) => {
    expect(severityOfPinoLevel(level)).toBe(number);
  });

  it('of Python’s levels follow its documentation', () => {
    expect([0, 10, 20, 30, 40, 50, Number.NaN].map(severityOfPythonLevel)).toEqual([0, 5, 9, 13, 17, 21, 0]);
  });

  it('of syslog’s levels follow RFC 5424', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, -1].map(severityOfSyslog)).toEqual([21, 19, 18, 17, 13, 10, 9, 5, 0, 0]);
  });

  it('of the levels of AppTraces follow Azure’s', () => {
    expect([0, 1, 2, 3, 4, 5, Number.NaN].map(severityOfAppTraces)).toEqual([5, 9, 13, 17, 21, 0, 0]);
  });

  it('of Windows event levels follow Windows', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map(severityOfWindowsEvent)).toEqual([0, 21, 17, 13, 9, 5, 0]);
  });

  it('of Cloud Logging’s names and numbers agree', () => {
    const names = ['DEFAULT', 'DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];
    const numbers = [0, 5, 9, 10, 13, 17, 21, 22, 24];
    expect(names.map(severityOfGcp)).toEqual(numbers);
    expect([0, 100, 200, 300, 400, 500, 600, 700, 800].map(String).map(severityOfGcp)).toEqual(numbers);
    expect(['', 'nonsense', '-100', '900'].map(severityOfGcp)).toEqual([0, 0, 0, 0]);
  });
});
