import { type CompiledRule, compileRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { ProjectMatcher } from '@tailrace/alert-rules/matching/project-matcher.ts';
import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { testRule } from '@tailrace/alert-rules/test-rules.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { RE2Set } from 're2js';
import { benchEvents } from './bench-events.ts';

/**
 * Which of a project's expressions a line matches: by our index of required literals, by RE2's own set of expressions, and
 * by asking each, whatever the case. All in this process, in turn, on the same lines; what they find is compared. Prints a JSON line for each
 * measurement.
 *
 * Environment: N lines (20,000), ROUNDS (5).
 */
const lines = Number(process.env.N ?? 20_000);
const rounds = Number(process.env.ROUNDS ?? 5);
const records = benchEvents(lines).map((event) => normalise(event, { partition: 0, offset: 0 }));

/** Expressions as people write them. Of a family in `shared` all need the same few words, so that words cannot distinguish them. */
const families = {
  own: [(index: number) => `code=${index} .*shard=\\d+`, (index: number) => `user:${index}:`],
  shared: [(index: number) => `(timeout|refused) after ${index}\\d*ms`, (index: number) => `payment [a-z]+ ${index}$`],
};
/** Lines that begin many expressions and end none: each has another set of them half done. */
const hostile = records.slice(0, 100).map((record, index) => ({
  ...record,
  body: Array.from({ length: 12 }, (_, word) => `code=${(index * 7 + word * word * 13) % 1000} x`).join(' '),
}));

for (const count of [1, 10, 100, 1000]) {
  for (const [family, kinds] of Object.entries(families)) {
    const patterns = Array.from({ length: count }, (_, index) => kinds[index % kinds.length]?.(index) ?? '');
    measure({ patterns, words: family, lines: 'usual' }, records);
  }
}
const many = Array.from({ length: 1000 }, (_, index) => families.own[0]?.(index) ?? '');
measure({ patterns: many, words: 'own', lines: 'hostile' }, hostile);

interface Case {
  readonly patterns: readonly string[];
  /** Whether each expression needs a word of its own. */
  readonly words: string;
  readonly lines: string;
}

function measure({ patterns, ...named }: Case, tried: readonly LogRecord[]): void {
  const rules = patterns.map(compiled);
  const started = performance.now();
  const matcher = new ProjectMatcher(rules);
  const indexMs = performance.now() - started;
  const set = new RE2Set();
  for (const pattern of patterns) set.add(`(?i)${pattern}`);
  const compiling = performance.now();
  set.compile();
  const setMs = performance.now() - compiling;

  const ways: Record<string, () => number> = {
    index: () => found(tried, (record) => [...matcher.ask(record)].filter((rule) => rule !== undefined).length),
    set: () => found(tried, ({ body }) => set.match(body).length),
    each: () => found(tried, (record) => rules.filter((rule) => rule.matches(record)).length),
  };
  // Each in turn in every round, so that what else the machine does meets all.
  const rates: Record<string, number[]> = {};
  const counts = new Set<number>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const [way, run] of Object.entries(ways)) {
      if (way === 'each' && patterns.length > 100 && round > 1) continue;
      const from = performance.now();
      counts.add(run());
      const rate = (tried.length / (performance.now() - from)) * 1000;
      if (round > 0) rates[way] = [...(rates[way] ?? []), rate];
    }
  }
  if (counts.size !== 1) {
    console.error(`the ways found different numbers of matches: ${[...counts].join(', ')}`);
    process.exitCode = 1;
  }
  const medians = Object.fromEntries(Object.entries(rates).map(([way, each]) => [way, Math.round(medianOf(each))]));
  console.log(
    JSON.stringify({
      bench: 'rule matching',
      ...named,
      patterns: patterns.length,
      matches: [...counts][0],
      lines_per_s: medians,
      set_to_index: Number(((medians.set ?? 0) / (medians.index ?? 1)).toFixed(2)),
      prepare_ms: { index: Number(indexMs.toFixed(1)), set: Number(setMs.toFixed(1)) },
    }),
  );
}

function compiled(pattern: string, index: number): CompiledRule {
  const conditions = JSON.stringify({ pattern, case_sensitive: false });
  const rule = compileRule(ruleKinds, testRule({ id: `rule_${index}`, alert_type: 'pattern_match', conditions }));
  if ('problem' in rule) throw new Error(rule.problem);
  return rule;
}

function found(tried: readonly LogRecord[], matchesOf: (record: LogRecord) => number): number {
  return tried.reduce((sum, record) => sum + matchesOf(record), 0);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
