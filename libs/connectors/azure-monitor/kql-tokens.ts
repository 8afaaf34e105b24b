/** A piece of KQL: what it is, and where it stands in the text. */
export interface KqlToken {
  readonly kind: 'word' | 'string' | 'symbol' | 'comment';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * KQL's lexical grammar as far as it takes to tell code from strings and comments
 * (https://learn.microsoft.com/kusto/query/scalar-data-types/string). One alternative for each kind, none of which
 * backtracks: verbatim strings double their quote, others escape it.
 */
const lexer = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*)`,
    '(?<string>[hH]?(?:```[^]*?```|~~~[^]*?~~~' +
      String.raw`|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))`,
    String.raw`(?<word>[A-Za-z_$][\w$]*(?:-(?:away|rename|reorder|keep|where|kv|expand|apply|series|nested|hitters))?)`,
    String.raw`(?<number>\d[\w.]*)`,
    String.raw`(?<symbol>\S)`,
  ].join('|'),
  'y',
);

/** @returns the tokens, or what is wrong: a string that does not end. */
export function tokenizeKql(text: string): readonly KqlToken[] | { readonly problem: string } {
  const tokens: KqlToken[] = [];
  let index = 0;
  while (index < text.length) {
    if (/\s/.test(text[index]!)) {
      index += 1;
      continue;
    }
    lexer.lastIndex = index;
    const match = lexer.exec(text);
    if (!match?.groups) return { problem: `cannot be read at position ${index}` };
    const { comment, string, word, number } = match.groups;
    const kind =
      comment !== undefined ? 'comment' : string !== undefined ? 'string' : word !== undefined ? 'word' : 'symbol';
    // A quote that begins no string is one that does not end.
    if (kind === 'symbol' && number === undefined && /["'`]/.test(match[0])) {
      return { problem: `the string at position ${index} does not end` };
    }
    tokens.push({ kind, text: match[0], start: index, end: index + match[0].length });
    index += match[0].length;
  }
  return tokens;
}
