import type { Backtest } from '@tailrace/http/contract/generated.ts';
import { alertName, measured } from '../output/render-alert.ts';
import { visible } from '../output/terminal.ts';
import { textTable } from '../output/text-table.ts';

type Outcome = Pick<Backtest, 'alerts' | 'alerts_total' | 'alerts_cut' | 'matched' | 'suppressed' | 'late_lines'>;

const levels = '▁▂▃▄▅▆▇█';
const columns = 100;

/** What a backtest found, for a person. */
export function renderBacktest(result: Backtest): string {
  const { from, to, read, log, compared_with: compared } = result;
  const parts = [`${from} to ${to}: ${summary(result)}\n`];
  if (result.matched > 0) parts.push(`${timeline(result)}\n`);
  const marks = new Map<string, string>();
  for (const { first } of compared?.both ?? []) marks.set(first, 'both');
  for (const id of compared?.only_first ?? []) marks.set(id, 'only this');
  for (const id of compared?.only_second ?? []) marks.set(id, 'only stored');
  if (result.alerts.length > 0) parts.push('\n', alertTable(result.alerts, compared ? marks : undefined));
  parts.push(rest(result));
  if (compared) {
    parts.push(`\nThe stored rule: ${summary(compared)}\n`);
    parts.push(
      `${compared.both_total} in both, ${compared.only_first_total} only by this, ${compared.only_second_total} only by the stored rule\n`,
    );
    const onlyStored = new Set(compared.only_second);
    const missing = compared.alerts.filter(({ id }) => onlyStored.has(id));
    if (missing.length > 0) parts.push(alertTable(missing, marks));
    if (missing.length < compared.only_second_total) {
      parts.push(`… and ${compared.only_second_total - missing.length} more that are not listed\n`);
    }
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

/** Says that the table is not the whole of it. */
function rest({ alerts, alerts_total: total, alerts_cut: isCut }: Outcome): string {
  return isCut ? `… and ${total - alerts.length} more alerts that are not listed: only the first to fire are\n` : '';
}

function alertTable(alerts: Backtest['alerts'], marks?: ReadonlyMap<string, string>): string {
  const rows = alerts.map((alert) => [
    alert.started_at,
    alert.resolved_at === null ? 'open' : `${(Date.parse(alert.resolved_at) - Date.parse(alert.started_at)) / 1000}s`,
    measured(alert),
    String(alert.suppressed),
    ...(marks ? [marks.get(alert.id) ?? ''] : []),
    alertName(alert),
    visible(alert.lines[0]?.body ?? '').slice(0, 80),
  ]);
  return textTable(
    ['STARTED', 'LASTED', 'VALUE', 'REPEATS', ...(marks ? ['FIRED BY'] : []), 'ALERT', 'FIRST LINE'],
    rows,
  );
}

/** Matching lines over the range in one row, alerts that begin below it. */
function timeline({ from, to, timeline: { buckets } }: Backtest): string {
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
