import { z } from 'zod';
import { type ParsingExpression, parsingExpression } from './parsing-expression.ts';
import { maxRules, type ParsingRule, parsingRule, severityOf } from './parsing-rule.ts';
import { type TimeReader, timeReader } from './time-format.ts';

/** Instructions of all rules of a connection. */
const maxTotalSize = 3000;
/**
 * Instructions times characters that the rules of a connection may cost a line: microseconds as a rule, a tenth of a second
 * for an expression and a line that were made to be slow.
 */
const maxSteps = 2_000_000;
/** Of a line, however small the rules are, UTF-16 units. */
const maxSeen = 8192;

/** What is wrong with a field of the rules. */
export interface RuleProblem {
  /** Such as `0.pattern`; empty for the list itself. */
  readonly field: string;
  readonly message: string;
}

/** What a group of a pattern is. */
export interface GroupUse {
  readonly index: number;
  readonly name: string;
  readonly use: 'time' | 'level' | 'message' | 'attribute';
  /** The attribute; of time and level, where a text goes that is none. */
  readonly attribute: string;
}

/** A rule, ready to be tried. */
export interface CompiledRule {
  readonly name: string;
  readonly pattern: string;
  readonly expression: ParsingExpression;
  readonly groups: readonly GroupUse[];
  readonly hasMessage: boolean;
  readonly readTime: TimeReader;
  /** The severity that a level's text means here; undefined for one that the rule says nothing of. */
  mappedSeverity(text: string): number | undefined;
  /** 0: none. */
  readonly alwaysSeverity: number;
  readonly contains: string;
  readonly isMultiline: boolean;
  isOfStream(stream: string): boolean;
  readonly hasStream: boolean;
}

export interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  /** UTF-16 units of a line that patterns see: by the size of the rules alone, so that every process decides alike. */
  readonly seenLength: number;
}

/** The rules of a connection as they are given and stored, in the order in which they are tried. */
export const parsingRules = z
  .array(parsingRule)
  .max(maxRules, `may be at most ${maxRules}: put lines of one kind into one rule with |, or leave some out`);

/** Checks rules and makes them ready. Nothing is compiled whose size is not known to be within bounds. */
export function compileRules(given: unknown): CompiledRules | { readonly problems: readonly RuleProblem[] } {
  const parsed = parsingRules.safeParse(given);
  if (!parsed.success) {
    return { problems: parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })) };
  }
  const problems: RuleProblem[] = [];
  const rules: CompiledRule[] = [];
  const names = new Set<string>();
  let total = 0;
  for (const [index, rule] of parsed.data.entries()) {
    const problem = (field: string, message: string) => problems.push({ field: `${index}.${field}`, message });
    if (names.has(rule.name)) problem('name', `is the name of an earlier rule: choose another`);
    names.add(rule.name);
    const expression = parsingExpression(rule.pattern);
    if ('problem' in expression) {
      problem('pattern', expression.problem);
      continue;
    }
    total += expression.size;
    if (total > maxTotalSize) {
      problem(
        'pattern',
        `makes the rules too large together: about ${total} parts, and at most ${maxTotalSize} are allowed. Shorten this one or another`,
      );
      break;
    }
    const groups = groupUses(rule, expression, problem);
    rules.push(compiled(rule, expression, groups));
  }
  if (problems.length > 0) return { problems };
  return { rules, seenLength: Math.min(maxSeen, Math.floor(maxSteps / Math.max(1, total))) };
}

function compiled(rule: ParsingRule, expression: ParsingExpression, groups: readonly GroupUse[]): CompiledRule {
  const { name, when = {}, time = {}, level = {} } = rule;
  const exact = new Map(Object.entries(level.map ?? {}).map(([text, meaning]) => [text, severityOf(meaning)]));
  const lower = new Map([...exact].map(([text, number]) => [text.toLowerCase(), number]));
  return {
    name,
    pattern: rule.pattern,
    expression,
    groups,
    hasMessage: groups.some(({ use }) => use === 'message'),
    readTime: timeReader(time.format, time.zone),
    mappedSeverity: (text) => exact.get(text) ?? lower.get(text.toLowerCase()),
    alwaysSeverity: level.always === undefined ? 0 : severityOf(level.always),
    contains: when.contains ?? '',
    isMultiline: rule.multiline ?? false,
    isOfStream: glob(when.stream),
    hasStream: when.stream !== undefined,
  };
}

/** What each group is, by what the rule says and else by its name. */
function groupUses(
  { time, level, message, attributes = {} }: ParsingRule,
  { groups }: ParsingExpression,
  problem: (field: string, message: string) => void,
): readonly GroupUse[] {
  const names = new Set(groups.map(({ name }) => name));
  const known = names.size === 0 ? 'it has none' : `it has ${[...names].join(', ')}`;
  const named = (field: string, wanted: string | undefined, usual: readonly string[]) => {
    if (wanted === undefined) return usual.find((name) => names.has(name));
    if (!names.has(wanted)) problem(field, `names no group of the pattern: ${known}`);
    return wanted;
  };
  const uses = new Map<string | undefined, GroupUse['use']>([
    [named('time.group', time?.group, ['time', 'timestamp']), 'time'],
    [named('level.group', level?.group, ['level', 'severity']), 'level'],
    [named('message', message, ['message']), 'message'],
  ]);
  if (time !== undefined && ![...uses.values()].includes('time'))
    problem('time', `needs a group: name one time, or name it here; ${known}`);
  for (const name of Object.keys(attributes)) named(`attributes.${name}`, name, []);
  return groups.map(({ index, name }) => {
    const attribute = attributes[name] ?? (ownNames.has(name) ? `${name}.text` : name);
    return { index, name, use: uses.get(name) ?? 'attribute', attribute };
  });
}

/** Attributes that Tailrace writes itself: a group of such a name gets another. */
const ownNames: ReadonlySet<string> = new Set(['log.time', 'log.record.uid', 'log.record.original']);

/** Whether a text fits a pattern in which `*` stands for any text; in linear time, as the parts are found one after the other. */
function glob(pattern: string | undefined): (text: string) => boolean {
  if (pattern === undefined) return () => true;
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
    let at = first.length;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}
