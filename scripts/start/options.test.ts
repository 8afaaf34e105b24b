import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('npm start runs the demo on the usual port without options', () => {
  expect(readOptions([], {})).toEqual({ help: false, reset: false, demo: true, port: undefined });
});

test('npm start takes flags, and the port from the flag before the environment', () => {
  expect(readOptions(['--reset', '--no-demo', '--port', '9000'], { PORT: '7000' })).toEqual({
    help: false,
    reset: true,
    demo: false,
    port: 9000,
  });
  expect(readOptions([], { PORT: '7000' }).port).toBe(7000);
  expect(readOptions([], { PORT: '' }).port).toBeUndefined();
});

test.each([['--port', 'many'], ['--port', '70000'], ['--port', '-1'], ['--port'], ['--unknown'], ['stray']])(
  'refuses %s %s',
  (...args) => {
    expect(() => readOptions(args, {})).toThrow();
  },
);
