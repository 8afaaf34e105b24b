import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';

/** The progress of a replay that begins now. @param now microseconds since the epoch */
export function newProgress(now: number, normaliserVersion: number): ReplayProgress {
  return {
    status: 'running',
    ranges: [],
    matched: 0,
    written: 0,
    dead: 0,
    lost: 0,
    rate: 0,
    waiting_for: null,
    waiting_detail: null,
    differences: null,
    error_code: null,
    error_message: null,
    normaliser_version: normaliserVersion,
    started_at: now,
    updated_at: now,
    finished_at: null,
  };
}
