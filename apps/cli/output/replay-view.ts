import { z } from 'zod';
import { percentText } from './progress-bar.ts';
import { visible } from './terminal.ts';

const example = z.looseObject({
  record_id: z.string(),
  timestamp: z.string(),
  kinds: z.array(z.string()),
  old: z.record(z.string(), z.string()),
  new: z.record(z.string(), z.string()),
});

/** What the commands read of a replay as the API shows it. */
export const replayView = z.looseObject({
  id: z.string(),
  connection_ids: z.array(z.string()),
  from: z.string(),
  to: z.string(),
  mode: z.string(),
  status: z.string(),
  progress: z.looseObject({
    read: z.number(),
    total: z.number().nullable(),
    matched: z.number(),
    written: z.number(),
    dead: z.number(),
    lost: z.number(),
    rate: z.number(),
    remaining_seconds: z.number().nullable(),
    waiting_for: z.string().nullable(),
    waiting_detail: z.string().nullable(),
  }),
  differences: z
    .looseObject({
      unchanged: z.number(),
      changed: z.number(),
      missing: z.number(),
      applicable: z.number(),
      kinds: z.record(z.string(), z.number()),
      fields: z.record(z.string(), z.number()),
      examples: z.array(example),
    })
    .nullable(),
  outcome: z.string().nullable(),
  error: z.looseObject({ message: z.string() }).nullable(),
});

export type ReplayView = z.output<typeof replayView>;

const finalStatuses: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

export function hasEnded({ status }: ReplayView): boolean {
  return finalStatuses.has(status);
}

/** Share that has been looked at, 0 to 1. */
export function shareOf({ status, progress }: ReplayView): number {
  if (status === 'completed') return 1;
  return progress.total ? Math.min(1, progress.read / progress.total) : 0;
}

export function percentOf(replay: ReplayView): string {
  return percentText(shareOf(replay));
}

/** How it does, in words: the rate and the time that is left, or what is waited for. */
export function progressText({ status, progress }: ReplayView): string {
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
export function outcomeText({ outcome, error, differences, status }: ReplayView): string {
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
