import { expect, test } from 'vitest';
import { readToken, takeTokenFromAddress } from './session.ts';

const claims = { sub: 'mia', projects: ['shop'], role: 'editor', exp: Math.floor(Date.now() / 1000) + 60 };
const token = (change: object = {}) =>
  ['e30', Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url'), 'x'].join('.');

test('the session reads who a token is for', () => {
  expect(readToken(` Bearer ${token({ sub: 'Mía ✓' })}\n`)).toEqual({
    subject: 'Mía ✓',
    token: token({ sub: 'Mía ✓' }),
  });
});

test.each([
  ['hello', 'not a token'],
  ['a.%%%.c', 'cannot be read'],
  [token({ exp: undefined }), 'lacks the claims sub or exp'],
  [token({ role: 'king' }), 'lacks the claim role'],
  [token({ projects: [] }), 'names no project'],
  [token({ exp: 1 }), 'has expired'],
])('the session says what is wrong with %s', (text, problem) => {
  expect(readToken(text)).toEqual({ problem: expect.stringContaining(problem) });
});

test('a token in the address is taken off it', () => {
  let dropped = 0;
  const drop = () => void dropped++;
  expect(takeTokenFromAddress('#token=a.b.c', drop)).toBe('a.b.c');
  expect(dropped).toBe(1);
  expect(takeTokenFromAddress('#elsewhere', drop)).toBeUndefined();
  expect(dropped).toBe(1);
});
