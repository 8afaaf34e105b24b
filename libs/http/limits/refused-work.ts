import type { Metrics } from '@tailrace/telemetry/metrics.ts';

/** Counts what was refused because its project, its token or the whole process did too much of the kind at once. */
export function refusedWork(metrics: Metrics) {
  return metrics.counter({
    name: 'tailrace_refused_work_total',
    help: 'Searches, viewers and the like that were refused because too many were asked for at once.',
    labels: ['work'] as const,
  });
}
