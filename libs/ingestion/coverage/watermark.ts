import type { SweepAxis } from '../contract/connector.ts';
import type { Coverage } from './coverage.ts';

/**
 * "Complete up to": the event time before which, by the completed sweeps and the lateness measured so far, every event
 * has been emitted. An estimate; only the visibility bound is a promise, and it lies minutes behind.
 *
 * @param lateness that nearly all events keep within, microseconds.
 * @returns microseconds since the epoch.
 */
export function completeUpTo({ closedBefore, steps }: Coverage, axis: SweepAxis, lateness: number): number {
  // Event axis: a time is complete when a sweep began after its latest event was ingested. Ingestion axis: a time is
  // complete when it had passed, and what bears an earlier event time was ingested at most `lateness` later.
  const patience = axis === 'event' ? lateness : 0;
  let complete = closedBefore;
  for (const [index, { start, sweptAt }] of steps.entries()) {
    const end = steps[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    complete = Math.max(start, Math.min(end, sweptAt - patience));
    if (complete < end) break;
  }
  return axis === 'event' ? complete : complete - lateness;
}

/**
 * The newest time that has been looked at since it passed: how far reading has come, whatever older stretches were left
 * for later. Microseconds; undefined before the first completed sweep.
 */
export function readUpTo({ steps }: Coverage): number | undefined {
  let newest: number | undefined;
  for (const [index, { start, sweptAt }] of steps.entries()) {
    const end = steps[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    if (sweptAt > start) newest = Math.max(newest ?? Number.NEGATIVE_INFINITY, Math.min(end, sweptAt));
  }
  return newest;
}
