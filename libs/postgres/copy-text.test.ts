import { expect, it } from 'vitest';
import { copyJson } from './copy-text.ts';

/** As COPY reads a text value back. */
const read = (text: string) => JSON.parse(text.replaceAll('\\\\', '\\'));

it('the text of COPY puts U+FFFD in the place of NUL in an object, and leaves the letters that stand for it', () => {
  const letters = String.raw`\u0000`;
  expect(read(copyJson({ a: letters, [letters]: 'b' }))).toEqual({ a: letters, [letters]: 'b' });
  expect(read(copyJson({ a: `x\0${letters}`, '\0': '\0\0' }))).toEqual({
    a: `x\uFFFD${letters}`,
    '\uFFFD': '\uFFFD\uFFFD',
  });
});
