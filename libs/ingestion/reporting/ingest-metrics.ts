import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';

/** By cloud, not by connection: connections may be many, and each has its status. */
export interface IngestMetrics {
  emitted(events: number, bytes: number): void;
  late(events: number): void;
  request(seconds: number): void;
  failure(code: string): void;
}

export function ingestMetrics(metrics: Metrics, provider: Provider): IngestMetrics {
  const labels = ['provider'] as const;
  const events = metrics.counter({
    name: 'tailrace_ingest_events_total',
    help: 'Events written to raw topics.',
    labels,
  });
  const bytes = metrics.counter({ name: 'tailrace_ingest_bytes_total', help: 'Bytes of their payloads.', labels });
  const late = metrics.counter({
    name: 'tailrace_ingest_late_events_total',
    help: 'Events that became visible after the visibility bound. Not 0: raise the bound.',
    labels,
  });
  const requests = metrics.histogram({
    name: 'tailrace_ingest_request_seconds',
    help: 'Time of requests to the cloud that were answered.',
    labels,
  });
  const failures = metrics.counter({
    name: 'tailrace_ingest_failures_total',
    help: 'Requests to the cloud that failed, by kind.',
    labels: ['provider', 'code'],
  });
  return {
    emitted: (count, size) => {
      events.inc({ provider }, count);
      bytes.inc({ provider }, size);
    },
    late: (count) => late.inc({ provider }, count),
    request: (seconds) => requests.observe({ provider }, seconds),
    failure: (code) => failures.inc({ provider, code }),
  };
}
