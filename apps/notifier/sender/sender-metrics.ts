import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';

/** What the senders of a process report. */
export interface SenderMetrics {
  /** A notification has come to its end. */
  done(notification: Notification): void;
  /** A message was begun and answered. */
  attempted(channelType: string, outcome: string, milliseconds: number): void;
  /** Adds a partition's count of waiting notifications; the answer takes it away. */
  watchPending(count: () => number): () => void;
}

export function senderMetrics(metrics: Metrics): SenderMetrics {
  const notifications = metrics.counter({
    name: 'tailrace_notifications_total',
    help: 'Notifications that came to their end.',
    labels: ['channel_type', 'status'] as const,
  });
  const attempts = metrics.histogram({
    name: 'tailrace_notification_attempt_seconds',
    help: 'Messages to channels, by how they ended: sent, message_refused, channel_refused, busy, unreachable.',
    labels: ['channel_type', 'outcome'] as const,
  });
  const delay = metrics.histogram({
    name: 'tailrace_notification_delay_seconds',
    help: 'From the change of an alert to the answer of the channel that took its notification.',
    labels: ['channel_type'] as const,
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 21_600],
  });
  const pending = metrics.gauge({
    name: 'tailrace_notifications_pending',
    help: 'Notifications that wait in the partitions of this process.',
  });
  const counts = new Set<() => number>();
  metrics.beforeScrape(() => pending.set([...counts].reduce((sum, count) => sum + count(), 0)));
  return {
    done({ channel_type, status, sent_at, created_at }) {
      const type = channel_type ?? 'unknown';
      notifications.inc({ channel_type: type, status });
      if (sent_at !== null) delay.observe({ channel_type: type }, Math.max(0, sent_at - created_at) / 1_000_000);
    },
    attempted: (channel_type, outcome, milliseconds) =>
      attempts.observe({ channel_type, outcome }, milliseconds / 1000),
    watchPending(count) {
      counts.add(count);
      return () => void counts.delete(count);
    },
  };
}
