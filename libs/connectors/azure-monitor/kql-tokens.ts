/** A piece of KQL: what it is, and where it stands in the text. */
export interface KqlToken {
  readonly kind: 'word' | 'string' | 'literal' | 'symbol' | 'comment';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * KQL's lexical grammar (https://learn.microsoft.com/kusto/query/scalar-data-types/string, and Microsoft's own parser,
 * Kusto-Query-Language), narrowed to what every version of it reads in the same way. A query that another reader could
 * take apart differently is refused, for it could end where we think that a string goes on.
 *
 * One alternative for each kind; none backtracks.
 */
const lexer = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*)`,
    `(?<string>[hH]?(?:${[
      // Of several lines, and with nothing escaped.
      '```[^]*?```',
      // Verbatim: the quote is doubled.
      String.raw`@"(?:[^"\n]|"")*"`,
      String.raw`@'(?:[^'\n]|'')*'`,
      String.raw`"(?:[^"\\\n]|\\(?:[\\'"abfnrtv0-7]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}))*"`,
      String.raw`'(?:[^'\\\n]|\\(?:[\\'"abfnrtv0-7]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}))*'`,
    ].join('|')}))`,
    // Kusto takes everything up to the next bracket for the value, quotes and all.
    String.raw`(?<literal>(?:bool(?:ean)?|date(?:time)?|decimal|double|float|guid|u?int(?:32|64)?|u?long|real|time(?:span)?|uniqueid|uuid)[ \t]*\([\w .:+,-]*\))`,
    // JSON, which older versions take up to the next bracket too.
    String.raw`(?<dynamic>dynamic[ \t]*\((?:[\w\s.:+,{}[\]-]|"(?:[^"\\()\n]|\\["\\/bfnrt])*")*\))`,
    String.raw`(?<word>[A-Za-z_$][\w$]*)`,
    String.raw`(?<number>\d[\w.]*)`,
    String.raw`(?<symbol>[()[\]{}|.+\-*/%<>=!:;,?~])`,
  ].join('|'),
  'y',
);

const blank = /[ \t\r\n]*/y;
/** What ends a line for some readers only, and characters that nobody sees. */
const ambiguous = /\r(?!\n)|[^\P{Cc}\t\r\n]|[\u2028\u2029\ufeff]/u;
/** Literals that the lexer refuses the content of. */
const valueType =
  /^(?:bool(?:ean)?|date(?:time)?|decimal|double|dynamic|float|guid|u?int(?:32|64)?|u?long|real|time(?:span)?|uniqueid|uuid)$/;

/** @returns the tokens, or what is wrong: a string that does not end, or text that has more than one reading. */
export function tokenizeKql(text: string): readonly KqlToken[] | { readonly problem: string } {
  const unclear = ambiguous.exec(text);
  if (unclear) {
    const remedy = 'remove it, or type this part again';
    return { problem: `holds a control character that nobody sees at position ${unclear.index}: ${remedy}` };
  }
  const tokens: KqlToken[] = [];
  let index = 0;
  for (;;) {
    blank.lastIndex = index;
    index += blank.exec(text)?.[0].length ?? 0;
    if (index >= text.length) return tokens;
    const token = tokenAt(text, index);
    if (typeof token === 'string') return { problem: token };
    const problem = problemAfter(tokens.at(-1), token);
    if (problem !== undefined) return { problem };
    tokens.push(token);
    index = token.end;
  }
}

function tokenAt(text: string, start: number): KqlToken | string {
  lexer.lastIndex = start;
  const match = lexer.exec(text);
  if (!match?.groups) return unreadable(text, start);
  const end = start + match[0].length;
  const { comment, string, literal, dynamic, word, number } = match.groups;
  const token = (kind: KqlToken['kind']): KqlToken => ({ kind, text: match[0], start, end });
  if (comment !== undefined) return token('comment');
  if (string !== undefined) return token('string');
  if (literal !== undefined || dynamic !== undefined || number !== undefined) return token('literal');
  if (word !== undefined) return token('word');
  return text.startsWith('~~~', start) ? `cannot hold ~~~ at position ${start}: write \`\`\` instead` : token('symbol');
}

function unreadable(text: string, start: number): string {
  const quoted = /^@?(["'`])/.exec(text.slice(start, start + 2));
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  if (/^[\p{Zs}\u200b-\u200d\u2060]$/u.test(character)) {
    return `has a blank at position ${start} that is not a plain space, as copied from a page: replace it by a space`;
  }
  if (/^[\u2018-\u201f\u00ab\u00bb]$/.test(character)) {
    return `has a typographic quote ${character} at position ${start}: write " or '`;
  }
  if (!quoted) return `cannot be read at position ${start}: put ${JSON.stringify(character)} in quotes`;
  return `has a string at position ${start} that does not end, or an escape that Kusto does not know: write @"…" to use backslashes`;
}

function problemAfter(previous: KqlToken | undefined, { text }: KqlToken): string | undefined {
  if (text !== '(' || previous?.kind !== 'word' || !valueType.test(previous.text)) return undefined;
  return `has a ${previous.text}() at position ${previous.start} that cannot be read: write its value plainly, without quotes or brackets`;
}
