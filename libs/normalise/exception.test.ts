import { describe, expect, it } from 'vitest';
import { exceptionIn } from './exception.ts';

describe('exceptionIn', () => {
  it('finds none in a single line', () => {
    expect(exceptionIn('java.lang.IllegalStateException: closed')).toBeUndefined();
  });

  it('finds none in lines without frames', () => {
    expect(exceptionIn('Error: first\nsecond\nlook at that')).toBeUndefined();
  });

  it('takes a message of several lines', () => {
    const text = 'failed:\ncom.example.BadThing: first\nsecond\n\tat com.example.A.b(A.java:1)';
    expect(exceptionIn(text)).toEqual({
      type: 'com.example.BadThing',
      message: 'first\nsecond',
      stacktrace: text.slice(8),
    });
  });

  it.each([
    ['Exception in thread "main" java.lang.Error: x\n\tat a.B.c(B.java:1)', 'java.lang.Error', 'x'],
    ['Uncaught RangeError: bad\n    at f (a.js:1:1)', 'RangeError', 'bad'],
    ['Error\n    at f (a.js:1:1)', 'Error', ''],
    ['Unhandled exception. System.Exception: y\n   at N.M()', 'System.Exception', 'y'],
    ['AxiosError [ERR_BAD]: z\n    at f (a.js:1:1)', 'AxiosError', 'z'],
    ['Error\r\n   at f (a.js:1:1)', 'Error', ''],
  ])('%s', (text, type, message) => {
    expect(exceptionIn(text)).toMatchObject({ type, message });
  });

  it('keeps frames whose exception has no type that it knows', () => {
    expect(exceptionIn('it went wrong here\n    at f (a.js:1:1)')).toEqual({
      type: '',
      message: '',
      stacktrace: 'it went wrong here\n    at f (a.js:1:1)',
    });
  });

  it('keeps a traceback that was cut', () => {
    const text = 'x\nTraceback (most recent call last):\n  File "a.py", line 1, in f';
    expect(exceptionIn(text)).toEqual({ type: '', message: '', stacktrace: text.slice(2) });
  });
});
