import { RE2JS } from 're2js';
import { regexProblem } from './regex-problem.ts';

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
    return { problem: regexProblem(pattern, error) };
  }
}
