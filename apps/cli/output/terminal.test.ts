import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonText, visible } from './terminal.ts';

/** Everything that a terminal obeys or does not show, but what joins and colours emoji. */
const unseen = /(?![\t\n])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;

it.each([
  ['an escape sequence', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
  ['DEL and C1', '\u007f\u009b31m', '\\u007f\\u009b31m'],
  ['what turns the direction', 'user\u202e\u2066\u061c', 'user\\u202e\\u2066\\u061c'],
  ['what has no width', 'pass\u200bword\u2060\ufeff\u00ad', 'pass\\u200bword\\u2060\\ufeff\\u00ad'],
  ['separators of lines', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
  ['tags that spell a hidden text', 'ok\u{e0041}\u{e0042}', 'ok\\udb40\\udc41\\udb40\\udc42'],
  ['a variation selector on a letter', 'a\ufe0f\u{e0100}', 'a\\ufe0f\\udb40\\udd00'],
  ['fillers', 'a\u3164\u115f', 'a\\u3164\\u115f'],
  ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
  ['a joiner between letters', 'a\u200db', 'a\\u200db'],
])('%s is escaped', (_, text, shown) => {
  expect(visible(text)).toBe(shown);
  expect(jsonText({ text })).toBe(`{"text":"${shown}"}`);
});

it.each(['日本語 é ñ', '👩‍💻 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽 1️⃣', 'tab\there'])('what can be seen stays as it is: %s', (text) => {
  expect(visible(text)).toBe(text);
});

it('line ends of a stack trace stay, indented', () => {
  expect(visible('Error\r\nat a\rat b\nat c')).toBe('Error\n    at a\n    at b\n    at c');
});

it('JSON stays the same value, and shows nothing that a terminal obeys', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(undefined, 2), (text, indent) => {
      const value = { [text]: [text, 1, null] };
      const shown = jsonText(value, indent);
      expect(JSON.parse(shown)).toEqual(value);
      expect(shown).not.toMatch(unseen);
    }),
    { numRuns: 20 },
  );
});
