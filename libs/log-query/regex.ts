import { RE2JS } from 're2js';
import { z } from 'zod';
import { automatonFits } from './regex/regex-automaton.ts';
import { faultProblem, refusalProblem, sizeProblem } from './regex/regex-problem.ts';
import { type RegexReading, readRegex } from './regex/regex-reader.ts';

export interface LineRegex {
  /**
   * Whether the expression finds something in the text. Of a very long text it sees the beginning: `seenLength` UTF-16
   * units, by the size of the expression alone, so that every process decides alike.
   */
  finds(text: string): boolean;
  readonly seenLength: number;
  /**
   * Whether no text makes it slow: a character costs about 10 ns. Otherwise a text made for it costs 20 to 45 ns a character
   * for each instruction. Finding that out takes up to 15 ms, once.
   */
  readonly isLight: boolean;
}

type Compiled = LineRegex | { readonly problem: string };

/** Instructions; an expression of the greatest length that repeats nothing has about 1,000. */
const maxRegexSize = 1500;
/** About 15 ms. */
const maxClassWork = 260_000;
/** Instructions times characters: what finding nothing costs at worst, 20 to 45 ns each. */
const maxSteps = 2_000_000;
/** Of states that RE2's automaton remembers for one expression, by its own count. Beyond it forgets, and goes on without. */
const automatonBytes = 512 * 1024;
const maxRemembered = 256;

/** An RE2 expression as people write it. Its length is looked at before anything else. */
export const regexSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(1000, { error: 'must have at most 1000 characters', abort: true })
  .superRefine((pattern, context) => {
    const problem = regexProblem(pattern);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

const remembered = new Map<string, Compiled>();

/**
 * Compiles an RE2 expression: no backtracking, so no text makes it slow, and none of the constructs that need it
 * (https://github.com/google/re2/wiki/Syntax). What the expression itself may cost is bounded before it is compiled: its
 * program by `maxRegexSize`, its character classes, and the length of text that it is tried on. Each expression is
 * compiled once while it is in use.
 */
export function compileRegex(pattern: string): Compiled {
  const known = remembered.get(pattern);
  const compiled = known ?? compileOnce(pattern);
  remembered.delete(pattern);
  remembered.set(pattern, compiled);
  for (const oldest of remembered.keys()) {
    if (remembered.size <= maxRemembered) break;
    remembered.delete(oldest);
  }
  return compiled;
}

/** Why it cannot be used, as it stands or with `(?i)` before it, which takes more. */
function regexProblem(pattern: string): string | undefined {
  const compiled = compileRegex(pattern);
  if ('problem' in compiled) return compiled.problem;
  const ignoringCase = readRegex(pattern, true);
  return 'fault' in ignoringCase ? undefined : excess(ignoringCase);
}

function compileOnce(pattern: string): Compiled {
  const reading = readRegex(pattern);
  if ('fault' in reading) return { problem: faultProblem(reading.fault) };
  const problem = excess(reading);
  if (problem !== undefined) return { problem };
  try {
    const regex = RE2JS.compile(pattern);
    const { dfa } = regex.re2();
    dfa.stateBudget = automatonBytes;
    dfa.memBudget = automatonBytes;
    const seenLength = Math.floor(maxSteps / reading.size);
    let isLight: boolean | undefined;
    return {
      seenLength,
      finds: (text) => regex.test(text.length > seenLength ? text.slice(0, seenLength) : text),
      get isLight() {
        isLight ??= automatonFits(regex, automatonBytes);
        return isLight;
      },
    };
  } catch (error) {
    return { problem: refusalProblem(reading, error) };
  }
}

function excess({ size, classWork }: RegexReading): string | undefined {
  if (size > maxRegexSize) return sizeProblem(size, maxRegexSize);
  return classWork > maxClassWork ? 'has too many large character classes: leave some out' : undefined;
}
