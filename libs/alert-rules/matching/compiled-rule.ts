import { filterProblems } from '@tailrace/log-query/filter-problems.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { logFilter } from '@tailrace/log-query/log-filter.ts';
import { compileFilter, type Matcher } from '@tailrace/log-query/matcher.ts';
import { connectionTest, requiredParts } from '@tailrace/log-query/query/required-parts.ts';
import { compileRegex } from '@tailrace/log-query/regex.ts';
import { cutToLength } from '@tailrace/log-record/cut-text.ts';
import { leastSeverity, levelOf } from '@tailrace/log-record/level.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { expressionCost } from '../expression-cost.ts';
import type { Condition, LineSelection, RuleKinds } from '../rule-kind.ts';
import { longestAsciiRun } from './fold.ts';
import { betterLiterals, requiredLiterals } from './required-literals.ts';

/** OpenTelemetry's severity numbers, 0 (unset) among them. */
export const severityNumbers = 25;

/** A rule ready to be asked. */
export interface CompiledRule {
  readonly rule: AlertRule;
  readonly condition: Condition;
  /** The filter, with what its query asks of every line. */
  readonly required: LogFilter;
  /** Whether lines of a connection can match. */
  readonly mayMatchConnection: (connectionId: string) => boolean;
  /** By severity number: lines of other severities cannot match. */
  readonly severities: readonly boolean[];
  /** Every line that matches has one of these in its body, in any case; undefined when nothing can be said. */
  readonly literals: readonly string[] | undefined;
  /** What its expressions cost, in parts. */
  readonly cost: number;
  /** The whole test. */
  readonly matches: Matcher;
  /** The value of group_by; empty for a line without it, and where the rule does not group. */
  readonly groupOf: (record: LogRecord) => string;
}

/** Longer values of group_by are cut, so that groups stay small. */
const maxGroupLength = 256;

/** @returns what is wrong with a rule that this program cannot evaluate, perhaps because its kind is another's. */
export function compileRule(kinds: RuleKinds, rule: AlertRule): CompiledRule | { readonly problem: string } {
  const kind = kinds.get(rule.alert_type);
  if (!kind) return { problem: `its kind ${rule.alert_type} is not known here` };
  try {
    const read = kind.read(JSON.parse(rule.conditions));
    if (!read.ok) return { problem: read.problems.map(({ field, message }) => `${field}: ${message}`).join('; ') };
    const filter = logFilter.safeParse(rule.filter === null ? {} : JSON.parse(rule.filter));
    if (!filter.success) return { problem: filterProblems(filter.error) };
    const { lines, condition } = read.plan;
    const required = { ...requiredParts(filter.data.query), ...filter.data };
    return {
      rule,
      condition,
      required,
      mayMatchConnection: connectionsOf(required),
      severities: severitiesOf(lines, required),
      literals: literalsOf(lines, required),
      cost: expressionCost(lines, filter.data),
      matches: matcherOf(lines, filter.data),
      groupOf: groupOf(rule.group_by),
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function connectionsOf({ connections, query }: LogFilter): CompiledRule['mayMatchConnection'] {
  return connections === undefined ? connectionTest(query) : (id) => connections.includes(id);
}

function severitiesOf({ severities }: LineSelection, { level, levels }: LogFilter): boolean[] {
  const least = level === undefined ? 0 : leastSeverity(level);
  return Array.from({ length: severityNumbers }, (_, number) => {
    if (number < least || (levels && !levels.includes(levelOf(number) ?? 'unset'))) return false;
    return severities === undefined || severities(number);
  });
}

function literalsOf({ regex }: LineSelection, filter: LogFilter): readonly string[] | undefined {
  const text = filter.text === undefined ? undefined : longestAsciiRun(filter.text);
  return [regex, filter.regex]
    .map((pattern) => (pattern === undefined ? undefined : requiredLiterals(pattern)))
    .reduce(betterLiterals, text === undefined ? undefined : [text]);
}

function matcherOf({ severities, regex, test }: LineSelection, filter: LogFilter): Matcher {
  const tests: Matcher[] = [];
  if (severities) tests.push((record) => severities(record.severity_number));
  if (Object.keys(filter).length > 0) tests.push(compileFilter(filter));
  if (regex !== undefined) {
    const compiled = compileRegex(regex);
    if ('problem' in compiled) throw new Error(compiled.problem);
    tests.push((record) => compiled.finds(record.body));
  }
  if (test) tests.push(test);
  const [only] = tests;
  if (tests.length <= 1) return only ?? (() => true);
  return (record) => tests.every((each) => each(record));
}

function groupOf(groupBy: string | null): CompiledRule['groupOf'] {
  const value = fieldValue(groupBy);
  return (record) => cutToLength(value(record), maxGroupLength);
}

function fieldValue(groupBy: string | null): CompiledRule['groupOf'] {
  if (groupBy === null) return () => '';
  if (groupBy === 'connection') return (record) => record.connection_id;
  if (groupBy === 'stream') return (record) => record.stream;
  return (record) => record.attributes[groupBy] ?? record.resource[groupBy] ?? '';
}
