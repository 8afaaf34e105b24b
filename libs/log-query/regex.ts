import { RE2JS } from 're2js';

export interface LineRegex {
  /** Whether the expression finds something in the text, in time linear in its length. */
  finds(text: string): boolean;
}

/**
 * Compiles an RE2 expression: no backtracking, so no input makes it slow, and none of the constructs that need it.
 * https://github.com/google/re2/wiki/Syntax
 */
export function compileRegex(pattern: string): LineRegex | { readonly problem: string } {
  try {
    const compiled = RE2JS.compile(pattern);
    return { finds: (text) => compiled.matcher(text).find() };
  } catch (error) {
    return { problem: describe(pattern, error) };
  }
}

function describe(pattern: string, error: unknown): string {
  const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
  const backtracking = /\(\?(?:<?[=!]|>)|\\[1-9]/.exec(pattern);
  return backtracking
    ? `not supported by RE2 at position ${backtracking.index}: ${backtracking[0]} (lookaround, atomic group or backreference)`
    : `not a regular expression of RE2: ${reason}`;
}
