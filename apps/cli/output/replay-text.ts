import type { Replay } from '@tailrace/http/contract/generated.ts';
import { percentText } from './progress-bar.ts';
import { visible } from './terminal.ts';

const finalStatuses: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

export function hasEnded({ status }: Replay): boolean {
  return finalStatuses.has(status);
}

/** Share that has been looked at, 0 to 1. */
export function shareOf({ status, progress }: Replay): number {
  if (status === 'completed') return 1;
  return progress.total ? Math.min(1, progress.read / progress.total) : 0;
}

export function percentOf(replay: Replay): string {
  return percentText(shareOf(replay));
}

/** How it does, in words: the rate and the time that is left, or what is waited for. */
export function progressText({ status, progress }: Replay): string {
  const { matched, rate, remaining_seconds: left, waiting_for: reason, waiting_detail: detail } = progress;
  if (status !== 'running') return `${status}, ${matched} records`;
  if (reason !== null)
    return `${matched} records, waiting for ${reason}${detail === null ? '' : `: ${visible(detail)}`}`;
  return `${matched} records, ${rate} events/s${left === null ? '' : `, ${spanOf(left)} left`}`;
}

function spanOf(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** What came of a replay, of shadow mode with its counts and examples. */
export function outcomeText({ outcome, error, differences, status }: Replay): string {
  const lines = [visible(outcome ?? status)];
  if (error !== null) lines.push(visible(error.message));
  if (differences === null) return `${lines.join('\n')}\n`;
  for (const [title, counts] of [
    ['records by kind of difference', differences.kinds],
    ['records by field', differences.fields],
  ] as const) {
    const sorted = Object.entries(counts).toSorted(([, one], [, other]) => other - one);
    if (sorted.length === 0) continue;
    lines.push('', `${title}:`, ...sorted.map(([name, count]) => `  ${String(count).padStart(9)}  ${visible(name)}`));
  }
  if (differences.examples.length > 0) lines.push('', 'examples:');
  for (const each of differences.examples) {
    lines.push(`  ${each.timestamp} ${each.record_id} (${each.kinds.join(', ')})`);
    for (const field of new Set([...Object.keys(each.old), ...Object.keys(each.new)])) {
      lines.push(`    ${visible(field)}: ${sideOf(each.old[field])} → ${sideOf(each.new[field])}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function sideOf(text: string | undefined): string {
  return text === undefined ? '(none)' : visible(JSON.stringify(text));
}
