import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import type { KnownReplay } from '@tailrace/replays/replay-table.ts';
import type { ReplayDifferences } from '@tailrace/schemas/generated/replay-differences.ts';
import { replayModeSymbols } from '@tailrace/schemas/generated/replay-mode.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import { z } from 'zod';

const time = z.string().describe('RFC 3339.');
const counts = z.record(z.string(), z.int());

const replayStatuses = ['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'] as const;

const differencesView = z
  .object({
    unchanged: z.int(),
    changed: z.int(),
    missing: z.int().describe('Records that have no row.'),
    applicable: z.int().describe('Records that apply would write: without a row, or of a higher normaliser version.'),
    kinds: counts.describe('Records by kind of difference.'),
    fields: counts.describe('Records by field that differs.'),
    examples: z.array(
      z.object({
        record_id: z.string(),
        timestamp: time,
        connection_id: z.string(),
        kinds: z.array(z.string()),
        old: z.record(z.string(), z.string()).describe('By field, only where they differ.'),
        new: z.record(z.string(), z.string()),
      }),
    ),
  })
  .meta({ id: 'ReplayDifferences' });

export const replayView = z
  .object({
    id: z.string(),
    project_id: z.string(),
    connection_ids: z.array(z.string()).describe('Empty: all that the project has events of.'),
    from: time.describe('Event time, included.'),
    to: time.describe('Event time, excluded.'),
    mode: z.enum(replayModeSymbols),
    records_per_second: z.int().nullable(),
    status: z.enum(replayStatuses),
    progress: z.object({
      read: z.int().describe('Raw events looked at so far.'),
      total: z.int().nullable().describe('Raw events to look at; null before it has begun.'),
      matched: z.int().describe('Those of the range and its connections.'),
      written: z.int().describe('Canonical records given to the sink; 0 in shadow mode.'),
      dead: z.int().describe('Events that could not be normalised.'),
      lost: z.int().describe('Events that retention removed before they were read.'),
      rate: z.number().describe('Raw events a second, of late.'),
      remaining_seconds: z.number().nullable(),
      waiting_for: z.string().nullable().describe('live_lag, database or kafka; null while it works.'),
      waiting_detail: z.string().nullable(),
    }),
    differences: differencesView.nullable().describe('Of shadow mode.'),
    outcome: z.string().nullable().describe('In a sentence, once it has ended.'),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    normaliser_version: z.int().nullable(),
    created_at: time,
    created_by: z.string(),
    started_at: time.nullable(),
    finished_at: time.nullable(),
  })
  .meta({ id: 'Replay' });

/** A replay as its project's people see it. */
export function toReplayView({ id, request, progress }: KnownReplay): z.output<typeof replayView> {
  const status = statusOf({ request, progress });
  const { project_id, connection_ids, from, to, mode, records_per_second, created_at, created_by } = request;
  return {
    id,
    project_id,
    connection_ids: [...connection_ids],
    from: isoNanos(from),
    to: isoNanos(to),
    mode,
    records_per_second,
    status,
    progress: progressOf(progress, status === 'running'),
    differences: progress?.differences ? toDifferencesView(progress.differences) : null,
    outcome: progress ? outcomeOf(mode, progress) : null,
    error: progress?.error_code == null ? null : { code: progress.error_code, message: progress.error_message ?? '' },
    normaliser_version: progress?.normaliser_version ?? null,
    created_at: isoNanos(created_at),
    created_by,
    started_at: progress ? isoNanos(progress.started_at) : null,
    finished_at: progress?.finished_at == null ? null : isoNanos(progress.finished_at),
  };
}

function statusOf({ request, progress }: Pick<KnownReplay, 'request' | 'progress'>): (typeof replayStatuses)[number] {
  if (progress && progress.status !== 'running') return progress.status;
  if (request.desired_state === 'paused') return 'paused';
  return progress ? 'running' : 'pending';
}

/** @param works whether it goes on: one that rests or has ended has no rate, and waits for nothing. */
function progressOf(progress: ReplayProgress | undefined, works: boolean): z.output<typeof replayView>['progress'] {
  const sum = (of: (range: ReplayProgress['ranges'][number]) => number) =>
    (progress?.ranges ?? []).reduce((total, range) => total + of(range), 0);
  const read = sum((range) => range.next_offset - range.from_offset);
  const total = sum((range) => range.to_offset - range.from_offset);
  const { matched = 0, written = 0, dead = 0, lost = 0, rate = 0 } = progress ?? {};
  return {
    read,
    total: progress ? total : null,
    ...{ matched, written, dead, lost, rate: works ? Math.round(rate) : 0 },
    remaining_seconds: !works || rate < 1 ? null : Math.ceil((total - read) / rate),
    waiting_for: (works && progress?.waiting_for) || null,
    waiting_detail: (works && progress?.waiting_detail) || null,
  };
}

function toDifferencesView({ examples, kinds, fields, ...rest }: ReplayDifferences): z.output<typeof differencesView> {
  return {
    ...rest,
    kinds: { ...kinds },
    fields: { ...fields },
    examples: examples.map((example) => ({
      ...example,
      timestamp: isoNanos(example.timestamp),
      kinds: [...example.kinds],
      old: { ...example.old },
      new: { ...example.new },
    })),
  };
}

function outcomeOf(mode: string, progress: ReplayProgress): string | null {
  const { status, matched, written, dead, differences } = progress;
  if (status === 'running') return null;
  if (status === 'failed') return 'It failed; what it wrote before stands.';
  if (matched === 0 && dead === 0 && status === 'completed') return 'There was nothing in the range.';
  const unread = dead === 0 ? '' : ` ${dead} could not be read.`;
  const begun = status === 'cancelled' ? 'Cancelled. ' : '';
  if (mode === 'shadow') {
    const { changed = 0, missing = 0, applicable = 0 } = differences ?? {};
    return `${begun}${changed} of ${matched} records differ from their rows, ${missing} have none; apply would write ${applicable}.${unread}`;
  }
  return (
    `${begun}${written} records were given to the sink; rows change only where the normaliser's version ` +
    `(${progress.normaliser_version}) is higher than theirs.${unread}`
  );
}
