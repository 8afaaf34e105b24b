import type { Metrics } from '@tailrace/telemetry/metrics.ts';

export interface TransactionMetrics {
  committed(records: number, tookMs: number): void;
  failed(): void;
}

export function transactionMetrics(metrics: Metrics): TransactionMetrics {
  const seconds = metrics.histogram({
    name: 'tailrace_ingest_transaction_seconds',
    help: 'Transactions of events and checkpoints: begin to commit.',
  });
  const records = metrics.counter({
    name: 'tailrace_ingest_transaction_records_total',
    help: 'Records in them: events, checkpoints and statuses.',
  });
  const failures = metrics.counter({
    name: 'tailrace_ingest_failed_transactions_total',
    help: 'Transactions that failed: their partition was started over from what was committed.',
  });
  return {
    committed: (count, tookMs) => {
      seconds.observe(tookMs / 1000);
      records.inc(count);
    },
    failed: () => failures.inc(),
  };
}
