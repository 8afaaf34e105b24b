import { prefixFinder } from './parsing-expression.ts';

/** How much of a pattern a line fits. */
export interface Stop {
  /** The beginning of the pattern that the line fits; empty where not even the first part does. */
  readonly fits: string;
  /** The part behind it, which finds nothing. */
  readonly part: string;
}

const maxParts = 200;

/**
 * Where a pattern and a line that it does not take part ways: the longest beginning of the pattern that the line fits, and
 * the part behind it. A line that fits a beginning fits each shorter one, so few are tried.
 *
 * @returns undefined where the pattern is made of alternatives, which have no beginning.
 */
export function whereItStops(pattern: string, text: string): Stop | undefined {
  const ends = endsOfParts(pattern);
  if (ends === undefined) return undefined;
  const fits = (count: number) => {
    const end = ends[count - 1];
    return end === undefined || (prefixFinder(pattern.slice(0, end))?.(text) ?? false);
  };
  let [known, beyond] = [0, ends.length];
  while (beyond - known > 1) {
    const middle = (known + beyond) >> 1;
    if (fits(middle)) known = middle;
    else beyond = middle;
  }
  const from = ends[known - 1] ?? 0;
  return { fits: pattern.slice(0, from), part: pattern.slice(from, ends[known]) };
}

/** Of a pattern that is right: a reference of grok, an escape, a class, a group or a character, and what repeats it. */
const simplePart =
  /%\{[^}]*\}|\\Q.*?(?:\\E|$)|\\[pPx]\{[^}]*\}|\\[pPx].|\\.|\[\^?\]?(?:\[:[^\]]*:\]|\\.|[^\]\\])*\]|[^()|]/suy;
const repetition = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y;

function endsOfParts(pattern: string): readonly number[] | undefined {
  const ends: number[] = [];
  for (let at = 0; at < pattern.length; ) {
    const end = pattern.charAt(at) === '(' ? endOfGroup(pattern, at) : endOf(simplePart, pattern, at);
    if (end === undefined || ends.length === maxParts) return undefined;
    at = endOf(repetition, pattern, end) ?? end;
    ends.push(at);
  }
  return ends;
}

function endOfGroup(pattern: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < pattern.length; ) {
    const character = pattern.charAt(at);
    if (character === '(') depth += 1;
    else if (character === ')' && --depth === 0) return at + 1;
    at = '()|'.includes(character) ? at + 1 : (endOf(simplePart, pattern, at) ?? at + 1);
  }
  return undefined;
}

function endOf(part: RegExp, pattern: string, at: number): number | undefined {
  part.lastIndex = at;
  return part.test(pattern) ? part.lastIndex : undefined;
}
