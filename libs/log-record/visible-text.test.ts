import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isVisibleLine, visibleLine, visibleText } from './visible-text.ts';

test.each([
  ['ESC', '\u001b[2J', '\\u001b[2J'],
  ['C1', 'a\u009bb', 'a\\u009bb'],
  ['a bidirectional override', 'a\u202eb', 'a\\u202eb'],
  ['zero width', 'pass\u200bword', 'pass\\u200bword'],
  ['a joiner between Latin letters', 'pass\u200dword', 'pass\\u200dword'],
  ['a tag character', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ['half of a pair', 'a\ud83d', 'a\\ud83d'],
  ['a lone carriage return', '100%\rdone', '100%\\u000ddone'],
  ['lines and tabs', 'a\r\n\tb\n', 'a\n\tb\n'],
  ['an emoji of several', 'on call 👩🏽‍💻 ❤️‍🔥', 'on call 👩🏽‍💻 ❤️‍🔥'],
  ['Persian', 'می‌خواهم', 'می‌خواهم'],
])('text with %s is shown as what it is', (_, text, shown) => {
  expect(visibleText(text)).toBe(shown);
});

test('a title is one line, whatever it is made of', () => {
  expect(visibleLine(' a\r\nBcc: b\tc\u2028d\u0000 ')).toBe('a Bcc: b c d\\u0000');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = visibleLine(text);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200b]/u);
      expect(isVisibleLine(line)).toBe(true);
    }),
  );
});
