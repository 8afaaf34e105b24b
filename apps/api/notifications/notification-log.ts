import { notificationKey } from '@tailrace/channels/notification-key.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** What is known of a notification without the alert it is about. */
export type NotificationEntry = Omit<Notification, 'alert'>;

/** The delivery log: the last 30 days of `notifications`, without the alerts, which would be most of it. */
export interface NotificationLog {
  readonly table: Table<NotificationEntry>;
  /** In the order of time. */
  ofAlert(alertId: string): readonly NotificationEntry[];
  get(id: string): NotificationEntry | undefined;
  /**
   * Puts a notification that was sent or has failed into the outbox again. Resolves once the log shows it.
   * @throws Problem 409 when it waits already, 503 when Kafka does not take it in time.
   */
  resend(id: string, deadlineMs: number, signal: AbortSignal): Promise<NotificationEntry>;
  close(): Promise<void>;
}

export function openNotificationLog(kafka: Kafka, logger: Logger): NotificationLog {
  const byAlert = new Map<string, Map<string, NotificationEntry>>();
  const byId = new Map<string, NotificationEntry>();
  const { codec } = topics.notifications;
  const table = openTable<NotificationEntry>({
    kafka,
    topic: {
      ...topics.notifications,
      codec: {
        name: codec.name,
        encode: () => {
          throw new Error('the delivery log is only read');
        },
        decode: (bytes) => {
          const { alert, ...entry } = codec.decode(bytes);
          return entry;
        },
      },
    },
    logger,
    onChange({ key, value, previous }) {
      if (previous !== undefined) {
        byId.delete(previous.id);
        const entries = byAlert.get(previous.alert_id);
        entries?.delete(key);
        if (entries?.size === 0) byAlert.delete(previous.alert_id);
      }
      if (value === undefined) return;
      byId.set(value.id, value);
      const entries = byAlert.get(value.alert_id) ?? new Map<string, NotificationEntry>();
      byAlert.set(value.alert_id, entries.set(key, value));
    },
  });

  /** The whole record, of which the table keeps a part. Sending again is rare, and its partition holds 30 days. */
  async function whole(entry: NotificationEntry, signal: AbortSignal): Promise<Notification> {
    const key = notificationKey(entry);
    const partition = partitionFor(entry.channel_id, topics.notifications.partitions);
    let found: Notification | undefined;
    for await (const records of readPartition(kafka, topics.notifications.name, partition, signal)) {
      for (const record of records) {
        if (record.value !== null && record.key?.toString() === key) found = codec.decode(record.value);
      }
    }
    if (found === undefined) throw new Problem(404);
    return found;
  }

  async function write(notification: Notification): Promise<void> {
    // A person does this, now and then: a producer is not kept for it. The partition's sender writes nothing to what is
    // done, so the two cannot be in each other's way, and two requests at once make the same value.
    const producer = await kafka.producer();
    const record = topicRecord(topics.notifications, notificationKey(notification), notification, {
      partitionKey: notification.channel_id,
      headers: { project: notification.project_id },
    });
    await producer.send([record]).finally(() => producer.close());
  }

  return {
    table,
    get: (id) => byId.get(id),
    ofAlert: (alertId) => [...(byAlert.get(alertId)?.values() ?? [])].sort(inOrder),
    async resend(id, deadlineMs, signal) {
      const entry = byId.get(id);
      if (entry === undefined) throw new Problem(404);
      if (entry.status === 'pending') throw new Problem(409, { detail: 'It is being sent already.' });
      const now = Date.now() * 1000;
      const again: Notification = {
        ...(await whole(entry, signal)),
        status: 'pending',
        resends: entry.resends + 1,
        attempts: 0,
        last_answer: null,
        next_attempt_at: now,
        deadline_at: now + deadlineMs * 1000,
        sent_at: null,
        grouped_into: null,
      };
      await write(again);
      const isNews = (value: NotificationEntry | undefined) => (value?.resends ?? 0) > entry.resends;
      await table.until(notificationKey(entry), isNews, signal);
      const { alert, ...written } = again;
      return written;
    },
    close: () => table.close(),
  };
}

function inOrder(one: NotificationEntry, other: NotificationEntry): number {
  return one.created_at - other.created_at || one.sequence - other.sequence || one.id.localeCompare(other.id);
}
