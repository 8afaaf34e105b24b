import { badQuery } from '../azure-error.ts';

export type Token =
  | { readonly kind: 'name' | 'string' | 'datetime' | 'timespan' | 'symbol'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string; readonly unit: string };

/** In this order: the first that matches at a place is the token. */
const patterns = [
  ['blank', /\s+|\/\/[^\n]*/y],
  ['datetime', /datetime\s*\(\s*([^)"']*?)\s*\)/y],
  ['timespan', /(?:timespan|time)\s*\(\s*([^)"']*?)\s*\)/y],
  ['name', /project-(?:away|rename|keep|reorder)\b|[A-Za-z_]\w*/y],
  ['number', /(\d+(?:\.\d+)?)([a-zA-Z]*)/y],
  ['verbatim', /@"((?:[^"]|"")*)"|@'((?:[^']|'')*)'/y],
  ['string', /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'/y],
  ['symbol', /\.\.|==|!=|=~|!~|<=|>=|[|()[\],.<>=+\-*/!~]/y],
] as const;

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Splits a query of Kusto's language. Comments are left out. Throws Azure's syntax error for what is no token. */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let place = 0;
  while (place < query.length) {
    const { kind, match } = tokenAt(query, place);
    place += match[0].length;
    const content = match[1] ?? match[2] ?? '';
    if (kind === 'name' || kind === 'symbol') tokens.push({ kind, text: match[0] });
    else if (kind === 'datetime' || kind === 'timespan') tokens.push({ kind, text: content });
    else if (kind === 'number') tokens.push({ kind, text: match[1] ?? '', unit: match[2] ?? '' });
    else if (kind === 'verbatim')
      tokens.push({ kind: 'string', text: content.replaceAll(/""|''/g, (twice) => twice[0]!) });
    else if (kind === 'string') {
      tokens.push({ kind, text: content.replaceAll(/\\(.)/g, (_, char: string) => escapes[char] ?? char) });
    }
  }
  return tokens;
}

function tokenAt(query: string, place: number) {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = place;
    const match = pattern.exec(query);
    if (match !== null) return { kind, match };
  }
  throw badQuery('SyntaxError', `Query could not be parsed at '${query.slice(place, place + 10)}', position ${place}.`);
}
