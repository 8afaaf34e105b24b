import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsingExpression } from './parsing-expression.ts';
import { whereItStops } from './where-it-stops.ts';

it.each([
  ['^(?P<a>\\d+) \\[(?P<b>[^\\]]+)\\] x{2,3}y', '12 [ab] xz', '^(?P<a>\\d+) \\[(?P<b>[^\\]]+)\\] ', 'x{2,3}'],
  ['%{IP:ip}:%{INT:port}', '10.0.0.1 80', '%{IP:ip}', ':'],
  ['a(?:b(c)|d)+e', 'abcx', 'a(?:b(c)|d)+', 'e'],
  ['\\Qa|b\\E%{WORD:w}', 'a|b!', '\\Qa|b\\E', '%{WORD:w}'],
  ['[)(|]+\\p{Lu}x', '(|)Ay', '[)(|]+\\p{Lu}', 'x'],
  ['q', 'none', '', 'q'],
])('%s stops in %s behind %s', (pattern, text, fits, part) => {
  expect(whereItStops(pattern, text)).toEqual({ fits, part });
});

it('the explanation of a mismatch says nothing of alternatives, which have no beginning', () => {
  expect(whereItStops('abc|d', 'x')).toBeUndefined();
});

it('the explanation of a mismatch names parts of the pattern, and a beginning that the line fits', () => {
  const part = fc.constantFrom('a', 'b+', '[ab]', '(?P<x>\\d)?', '\\d{2}', '%{WORD}', '(a|b)', '.', '$', '\\.');
  const text = fc.stringMatching(/^[ab1. ]{0,12}$/);
  let stopped = 0;
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), text, (parts, line) => {
      const pattern = parts.join('');
      const expression = parsingExpression(pattern);
      if ('problem' in expression || expression.finds(line)) return;
      const stop = whereItStops(pattern, line);
      expect(pattern.startsWith(`${stop?.fits}${stop?.part}`)).toBe(true);
      const beginning = parsingExpression(`x?${stop?.fits}`);
      if (!('problem' in beginning)) expect(beginning.finds(line)).toBe(true);
      stopped += 1;
    }),
    { numRuns: 1000 },
  );
  expect(stopped).toBeGreaterThan(200);
});
