import { faultProblem, refusalProblem, sizeProblem } from '@tailrace/log-query/regex/regex-problem.ts';
import { readRegex } from '@tailrace/log-query/regex/regex-reader.ts';
import { RE2JS } from 're2js';
import { type ExpandedPattern, expandGrok } from './grok.ts';

/** Instructions of one rule's program. */
const maxSize = 1500;
/** See `readRegex`; about 15 ms. */
const maxClassWork = 260_000;
/** Named groups of a pattern. */
const maxGroups = 40;
/** Expressions that are remembered: previews ask for the same ones at every stroke. */
const maxRemembered = 256;
/** Of states that RE2's automaton remembers for one expression, by its own count. */
const automatonBytes = 512 * 1024;

/** A group of an expression. */
export interface NamedGroup {
  readonly index: number;
  /** As the pattern names it; several groups of grok may have one name. */
  readonly name: string;
}

/** A pattern of a rule, ready to be tried. */
export interface ParsingExpression {
  /** Instructions of its program, at most: what a character of a line may cost, at up to 60 ns each. */
  readonly size: number;
  readonly groups: readonly NamedGroup[];
  /** Whether it finds something in the text. */
  finds(text: string): boolean;
  /** Where the match and each of its groups begin and end; -1 for a group that took no part. Undefined without a match. */
  match(text: string): readonly number[] | undefined;
}

/**
 * Compiles a pattern: grok's names written out, then RE2, which never backtracks
 * (https://github.com/google/re2/wiki/Syntax). What it may cost is bounded before it is compiled.
 *
 * @returns or what is wrong with it, and what would be right.
 */
export function parsingExpression(pattern: string): ParsingExpression | { readonly problem: string } {
  const known = remembered.get(pattern);
  const expression = known ?? compileOnce(pattern);
  remembered.delete(pattern);
  remembered.set(pattern, expression);
  for (const oldest of remembered.keys()) {
    if (remembered.size <= maxRemembered) break;
    remembered.delete(oldest);
  }
  return expression;
}

const remembered = new Map<string, ParsingExpression | { readonly problem: string }>();

function compileOnce(pattern: string): ParsingExpression | { readonly problem: string } {
  const expanded = expandGrok(pattern);
  if ('problem' in expanded) return expanded;
  const compiled = compile(pattern, expanded);
  if ('problem' in compiled) return compiled;
  const { regex, size } = compiled;
  const groups = namedGroups(regex, expanded);
  if (groups.length > maxGroups)
    return { problem: `has ${groups.length} named groups, and at most ${maxGroups} are allowed` };
  if (regex.test(''))
    return { problem: 'would take every line, an empty one too: say what a line of this form must have' };
  return {
    size,
    groups,
    finds: (text) => regex.test(text),
    match(text) {
      const matcher = regex.matcher(text);
      if (!matcher.find()) return undefined;
      const bounds: number[] = [];
      for (let index = 0; index <= matcher.groupCount(); index++) bounds.push(matcher.start(index), matcher.end(index));
      return bounds;
    },
  };
}

interface Compiled {
  readonly regex: RE2JS;
  readonly size: number;
}

function compile(pattern: string, expanded: ExpandedPattern): Compiled | { readonly problem: string } {
  const { expression } = expanded;
  const reading = readRegex(expression);
  if ('fault' in reading) {
    const { kind, at, text } = reading.fault;
    const source = expanded.sourceOf(at);
    return { problem: faultProblem({ kind, at: source, text: pattern.slice(source, source + text.length) || text }) };
  }
  const { size, classWork } = reading;
  if (size > maxSize) return { problem: sizeProblem(size, maxSize) };
  if (classWork > maxClassWork) return { problem: 'has too many large character classes: leave some out' };
  try {
    const regex = RE2JS.compile(expression);
    const { dfa } = regex.re2();
    dfa.stateBudget = automatonBytes;
    dfa.memBudget = automatonBytes;
    return { regex, size };
  } catch (error) {
    return { problem: refusalProblem(reading, error) };
  }
}

/** What finds the beginning of a pattern that is right: see `whereItStops`. Undefined for one that cannot stand by itself. */
export function prefixFinder(pattern: string): ((text: string) => boolean) | undefined {
  const known = rememberedPrefixes.get(pattern);
  if (known !== undefined) return known;
  const expanded = expandGrok(pattern);
  const compiled = 'problem' in expanded ? expanded : compile(pattern, expanded);
  if ('problem' in compiled) return undefined;
  const finds = (text: string) => compiled.regex.test(text);
  if (rememberedPrefixes.size >= maxRemembered) rememberedPrefixes.clear();
  rememberedPrefixes.set(pattern, finds);
  return finds;
}

const rememberedPrefixes = new Map<string, (text: string) => boolean>();

function namedGroups(regex: RE2JS, { fields }: ExpandedPattern): readonly NamedGroup[] {
  return Object.entries(regex.namedGroups())
    .map(([name, index]) => ({ index: Number(index), name: fields.get(name) ?? name }))
    .sort((one, other) => one.index - other.index);
}
