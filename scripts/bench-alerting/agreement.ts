import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { BacktestResult } from '../../apps/api/backtest/backtest.ts';
import { benchRules } from './bench-rules.ts';
import { compileAll } from './live-evaluation.ts';

/** A threshold over everything; and one for each of some hundred groups, which fires often. */
export function agreementRules(project: string): readonly CompiledRule[] {
  const [plain] = benchRules(project, 1);
  if (!plain) throw new Error('one was asked for');
  const conditions = JSON.stringify({ threshold: 1, window_minutes: 1 });
  return compileAll([plain, { ...plain, id: 'rule_by_stream', conditions, group_by: 'stream', cooldown_minutes: 2 }]);
}

/** Prints the rate of a backtest of one rule, and whether it found what was decided live. @returns the latter. */
export function printAgreement(
  where: string,
  { rule }: CompiledRule,
  { rules, read }: BacktestResult,
  live: Iterable<Alert>,
): boolean {
  const [inBacktest, inLive] = [facts(rules[0]?.alerts() ?? []), facts(live)];
  const agrees = inLive.length > 0 && JSON.stringify(inBacktest) === JSON.stringify(inLive);
  console.log(
    JSON.stringify({
      bench: 'alerting',
      where,
      what: `backtest${rule.group_by === null ? '' : ', grouped'}`,
      records: read.records,
      seconds: Number(read.seconds.toFixed(2)),
      per_s: Math.round(read.records / read.seconds),
      alerts: inBacktest.length,
      live_alerts: inLive.length,
      agrees,
    }),
  );
  return agrees;
}

/** What alerts say, without what depends on when they were evaluated. */
function facts(alerts: Iterable<Alert>): string[] {
  return [...alerts]
    .map(({ group, started_at, resolved_at, value, matched, suppressed, lines }) =>
      JSON.stringify([group, started_at, resolved_at, value, matched, suppressed, lines.map(({ id }) => id)]),
    )
    .sort();
}
