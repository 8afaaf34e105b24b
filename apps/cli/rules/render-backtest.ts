import { alertName, measured } from '../render-alert.ts';
import { visible } from '../terminal.ts';
import { textTable } from '../text-table.ts';
import type { BacktestResult } from './read-backtest.ts';

type Outcome = Pick<BacktestResult, 'alerts' | 'alerts_total' | 'matched' | 'suppressed' | 'late_lines'>;

const levels = '▁▂▃▄▅▆▇█';
const columns = 100;

/** What a backtest found, for a person. */
export function renderBacktest(result: BacktestResult): string {
  const { from, to, read, log, compared_with: compared } = result;
  const parts = [`${from} to ${to}: ${summary(result)}\n`];
  if (result.matched > 0) parts.push(`${timeline(result)}\n`);
  const marks = new Map<string, string>();
  for (const id of compared?.only_first ?? []) marks.set(id, 'only this');
  for (const id of compared?.only_second ?? []) marks.set(id, 'only stored');
  if (result.alerts.length > 0) parts.push('\n', alertTable(result.alerts, compared ? marks : undefined));
  if (result.alerts_total > result.alerts.length) {
    parts.push(`… and ${result.alerts_total - result.alerts.length} more alerts\n`);
  }
  if (compared) {
    parts.push(`\nThe stored rule: ${summary(compared)}\n`);
    parts.push(
      `${compared.both.length} in both, ${compared.only_first.length} only by this, ${compared.only_second.length} only by the stored rule\n`,
    );
    const missing = compared.alerts.filter(({ id }) => compared.only_second.includes(id));
    if (missing.length > 0) parts.push(alertTable(missing, marks));
  }
  parts.push(`\nread ${read.records} records in ${read.seconds} s (${read.records_per_second} a second)\n`);
  if (!log.whole) {
    parts.push(
      `The log is not kept that far back${log.kept_since === null ? '' : `: it begins at ${log.kept_since}`}.\n`,
    );
  }
  return parts.join('');
}

function summary({ alerts_total: total, matched, suppressed, late_lines: late }: Outcome): string {
  const lateLines = late > 0 ? `, ${late} lines too late to count` : '';
  return `${total} alerts, ${matched} matching lines, ${suppressed} repeats suppressed${lateLines}`;
}

function alertTable(alerts: BacktestResult['alerts'], marks?: ReadonlyMap<string, string>): string {
  const rows = alerts.map((alert) => [
    alert.started_at,
    alert.resolved_at === null ? 'open' : `${(Date.parse(alert.resolved_at) - Date.parse(alert.started_at)) / 1000}s`,
    measured(alert),
    String(alert.suppressed),
    ...(marks ? [marks.get(alert.id) ?? 'both'] : []),
    alertName(alert),
    visible(alert.lines[0]?.body ?? '').slice(0, 80),
  ]);
  return textTable(
    ['STARTED', 'LASTED', 'VALUE', 'REPEATS', ...(marks ? ['FIRED BY'] : []), 'ALERT', 'FIRST LINE'],
    rows,
  );
}

/** Matching lines over the range in one row, alerts that begin below it. */
function timeline({ from, to, timeline: { buckets } }: BacktestResult): string {
  const begin = Date.parse(from);
  const span = Math.max(1, Date.parse(to) - begin);
  const counts = new Array<number>(columns).fill(0);
  const alerts = new Array<number>(columns).fill(0);
  for (const { start, matched, alerts: begun } of buckets) {
    const column = Math.max(0, Math.min(columns - 1, Math.floor(((Date.parse(start) - begin) / span) * columns)));
    counts[column] = (counts[column] ?? 0) + matched;
    alerts[column] = (alerts[column] ?? 0) + begun;
  }
  const most = Math.max(1, ...counts);
  const bar = (count: number) => (count === 0 ? ' ' : levels[Math.min(7, Math.floor((count / most) * 8))]);
  return `${counts.map(bar).join('')}\n${alerts.map((begun) => (begun > 0 ? '^' : ' ')).join('')}`.trimEnd();
}
