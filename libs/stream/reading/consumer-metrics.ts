import type { TopicPartition } from '@tailrace/kafka/kafka.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { DeadReason } from '../processing/dead-letter.ts';

/** What the tasks of one consumer group report, whatever they write to. */
export interface ConsumerMetrics {
  committed(partition: TopicPartition, records: number, milliseconds: number): void;
  aborted(partition: TopicPartition): void;
  dead(partition: TopicPartition, reason: DeadReason): void;
  lostToRetention(partition: TopicPartition, records: number): void;
}

/** @param group the consumer group, one of the labels. */
export function consumerMetrics(metrics: Metrics, group: string): ConsumerMetrics {
  const labels = ['group', 'topic'] as const;
  const records = metrics.counter({
    name: 'tailrace_consumed_records_total',
    help: 'Records whose outcome and offset are committed.',
    labels,
  });
  const commits = metrics.histogram({
    name: 'tailrace_commit_seconds',
    help: 'From a batch in hand to its commit: transform, write, commit.',
    labels,
  });
  const aborts = metrics.counter({
    name: 'tailrace_aborted_transactions_total',
    help: 'Transactions that failed; their records are processed again.',
    labels,
  });
  const dead = metrics.counter({
    name: 'tailrace_dead_letters_total',
    help: 'Records sent to logs.dead.',
    labels: ['group', 'topic', 'reason'] as const,
  });
  const lost = metrics.counter({
    name: 'tailrace_lost_to_retention_records_total',
    help: 'Records that retention removed before this group had read them.',
    labels,
  });
  return {
    committed: ({ topic }, count, milliseconds) => {
      records.inc({ group, topic }, count);
      commits.observe({ group, topic }, milliseconds / 1000);
    },
    aborted: ({ topic }) => aborts.inc({ group, topic }),
    dead: ({ topic }, reason) => dead.inc({ group, topic, reason }),
    lostToRetention: ({ topic }, count) => lost.inc({ group, topic }, count),
  };
}
