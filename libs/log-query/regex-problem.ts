import { RE2JS, RE2JSSyntaxException } from 're2js';

const backtracking = /\(\?(?:<?[=!]|>)|\\[1-9]/;
/** Of what is quoted of a pattern. */
const maxQuoted = 40;
/** A pattern of very many like parts is not searched to the end for the one that is wrong. */
const maxPlaces = 50;

/** Why a pattern does not compile, and where, as what is said of a field. Positions count from 0. */
export function regexProblem(pattern: string, error: unknown): string {
  const unsupported = backtracking.exec(pattern);
  if (unsupported) {
    return `is not supported by RE2 at position ${unsupported.index}: ${unsupported[0]} (lookaround, atomic group or backreference)`;
  }
  if (!(error instanceof RE2JSSyntaxException)) {
    return `is not a regular expression of RE2: ${error instanceof Error ? error.message : error}`;
  }
  const { error: reason, input: part } = error;
  const at = placeOf(pattern, reason, part);
  if (at === undefined) return `is not a regular expression of RE2: ${reason}${part ? `: ${quoted(part)}` : ''}`;
  const wrong = part === pattern || !part ? pattern.slice(at) : part;
  return `is not a regular expression of RE2: ${reason} at position ${at}: ${quoted(wrong)}`;
}

function placeOf(pattern: string, reason: string, part: string | null): number | undefined {
  const { unclosed, unopened } = unmatchedParentheses(pattern);
  if (reason === 'missing closing )') return unclosed;
  if (reason === 'unexpected )') return unopened;
  if (!part) return undefined;
  // The same text may stand elsewhere and be right there: what ends with the wrong one is wrong by itself.
  let at = pattern.indexOf(part);
  for (let tries = 0; at >= 0 && tries < maxPlaces; tries += 1) {
    if (failsAlike(pattern.slice(0, at + part.length), reason, part)) return at;
    at = pattern.indexOf(part, at + 1);
  }
  return undefined;
}

function failsAlike(pattern: string, reason: string, part: string): boolean {
  try {
    RE2JS.compile(pattern);
    return false;
  } catch (error) {
    return error instanceof RE2JSSyntaxException && error.error === reason && error.input === part;
  }
}

/** The innermost group that is not closed, and the first ) that closes none. */
function unmatchedParentheses(pattern: string): { readonly unclosed?: number; readonly unopened?: number } {
  const open: number[] = [];
  let unopened: number | undefined;
  const token = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w*:\]|[^\]\\])*\]|[()]/gs;
  for (const { 0: text, index } of pattern.matchAll(token)) {
    if (text === '(') open.push(index);
    if (text === ')' && open.pop() === undefined) unopened ??= index;
  }
  const unclosed = open.at(-1);
  return { ...(unclosed !== undefined && { unclosed }), ...(unopened !== undefined && { unopened }) };
}

function quoted(text: string): string {
  return text.length > maxQuoted ? `${text.slice(0, maxQuoted)}…` : text;
}
