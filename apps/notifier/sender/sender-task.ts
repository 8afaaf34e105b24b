import { type DeliveryOptions, deliver } from '@tailrace/channels/deliver.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { Rate } from '@tailrace/http/limits/token-bucket.ts';
import type { FetchedBatch, Kafka, Reader } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import type { Ownership } from '@tailrace/stream/owning/ownership.ts';
import { fencedEnd } from '@tailrace/stream/processing/fenced-end.ts';
import type { ConsumerLag } from '@tailrace/stream/reading/consumer-lag.ts';
import { pollPastRetention } from '@tailrace/stream/reading/poll-past-retention.ts';
import type { Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { Clock } from '../clock.ts';
import { ChannelSender, type ChannelSenderOptions } from './channel-sender.ts';
import { FencedWriter } from './fenced-writer.ts';
import { Outbox } from './outbox.ts';
import type { SenderMetrics } from './sender-metrics.ts';

export const senderGroup = 'notifier-sender';

export interface SenderTaskOptions {
  readonly kafka: Kafka;
  readonly channels: Table<NotificationChannel>;
  readonly delivery: DeliveryOptions;
  readonly rate: Rate;
  readonly timeoutMs: number;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SenderMetrics;
  readonly lag: ConsumerLag;
}

const idlePollMs = 5000;
/** Retention says nothing of what it removes. */
const sweepEveryMs = 3_600_000;
const retentionMs = Number(topics.notifications.config['retention.ms']);
/** What a message in flight is given when the partition is revoked; the group waits for it. */
const drainMs = 4000;

/**
 * Sends what waits in one owned partition of `notifications` until it is revoked: fence, then read it up to
 * the end it has then, then send. Channels do not wait for each other. Every error ends it; the partition's owner starts it
 * again.
 */
export async function runSenderTask(options: SenderTaskOptions, ownership: Ownership): Promise<void> {
  const { kafka, metrics, clock } = options;
  const { partition, revoked, lost } = ownership;
  const producer = await kafka.transactionalProducer(`${senderGroup}-${partition.partition}`);
  const outbox = new Outbox();
  const unwatch = metrics.watchPending(() => outbox.pendingCount);
  const failed = new AbortController();
  const overdue = new AbortController();
  const drain = () => clock.after(drainMs, () => overdue.abort());
  revoked.addEventListener('abort', drain, { once: true });
  const stopping = AbortSignal.any([revoked, failed.signal]);
  const aborted = AbortSignal.any([lost, failed.signal, overdue.signal]);
  const working = new Set<Promise<void>>();
  try {
    const writer = new FencedWriter(producer, partition.partition);
    const write = async (notifications: readonly Notification[]): Promise<void> => {
      lost.throwIfAborted();
      await writer.write(notifications);
      ownership.progressed();
    };
    const wake = wakeChannels({ ...options, outbox, write, stopping, aborted }, working, (error) =>
      failed.abort(error),
    );
    const end = await fencedEnd(kafka, partition);
    await follow({ ...options, outbox, write, stopping, wake, end, revoked }, partition.partition);
    if (failed.signal.aborted) throw failed.signal.reason;
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(working);
    revoked.removeEventListener('abort', drain);
    unwatch();
    await producer.close();
  }
}

/** What begins a channel's sender where something waits for it and none is at work. */
function wakeChannels(
  options: SenderTaskOptions & Pick<ChannelSenderOptions, 'outbox' | 'write' | 'stopping' | 'aborted'>,
  working: Set<Promise<void>>,
  failed: (error: unknown) => void,
): () => void {
  const senders = new Map<string, ChannelSender>();
  const channelOptions = {
    ...options,
    channelOf: (id: string) => newestChannel(options, id, options.stopping),
    largestGroupOf: ({ channel_type }: NotificationChannel) => options.delivery.kinds.get(channel_type)?.largestGroup,
    deliver: (channel: NotificationChannel, message: Parameters<typeof deliver>[2], signal: AbortSignal) =>
      deliver(options.delivery, channel, message, signal),
  };
  return () => {
    for (const id of options.outbox.channels()) {
      const sender = senders.get(id) ?? new ChannelSender(id, channelOptions);
      senders.set(id, sender);
      const run = sender.run().catch((error) => {
        if (!options.stopping.aborted) failed(error);
      });
      working.add(run);
      void run.finally(() => working.delete(run));
    }
  };
}

/** A channel that is not in the table may be too new to have been read: only what stands at its end is reported as deleted. */
async function newestChannel(
  { kafka, channels }: SenderTaskOptions,
  id: string,
  signal: AbortSignal,
): Promise<NotificationChannel | undefined> {
  const known = channels.get(id);
  if (known !== undefined) return known;
  const { name, partitions } = topics.notificationChannels;
  const partition = partitionFor(id, partitions);
  const ends = await kafka.admin.offsets(name, 'last_stable');
  await channels.untilOffset(partition, ends[partition] ?? 0, signal);
  return channels.get(id);
}

interface Following extends SenderTaskOptions, Pick<ChannelSenderOptions, 'outbox' | 'write' | 'stopping'> {
  readonly wake: () => void;
  /** Up to where senders before this one have written. */
  readonly end: number;
  readonly revoked: AbortSignal;
}

/** Reads the partition from its beginning, and wakes channels from when what stood in it before has been read. */
async function follow(options: Following, partition: number): Promise<void> {
  const { kafka, stopping, wake, outbox, end, clock } = options;
  const { name: topic } = topics.notifications;
  const earliest = await kafka.admin.offsets(topic, 'earliest');
  let offset = earliest[partition] ?? 0;
  const reader: Reader = await kafka.reader({ positions: [{ topic, partition, offset }], maxWaitMs: idlePollMs });
  options.lag.follow({ topic, partition }, () => offset, options.revoked);
  const repeated: Notification[] = [];
  let sweepAt = clock.now() + sweepEveryMs;
  try {
    while (!stopping.aborted) {
      if (clock.now() >= sweepAt) {
        outbox.sweep((clock.now() - retentionMs) * 1000);
        sweepAt = clock.now() + sweepEveryMs;
      }
      const batches = await pollPastRetention(reader, stopping, (_, goesOnAt) => {
        offset = goesOnAt;
      });
      for (const batch of batches) {
        repeated.push(...applyBatch(options, batch));
        offset = batch.nextOffset;
      }
      if (offset < end || stopping.aborted) continue;
      if (repeated.length > 0) await options.write(repeated.splice(0));
      if (outbox.pendingCount > 0) wake();
    }
  } finally {
    await reader.close();
  }
}

/** @returns what was announced again although it has progressed since, to be written as it is. */
function applyBatch({ outbox, logger }: Following, { records, partition }: FetchedBatch): readonly Notification[] {
  return records.flatMap(({ key, value, offset }) => {
    if (key === null) return [];
    if (value === null) {
      outbox.remove(key.toString());
      return [];
    }
    try {
      return outbox.apply(topics.notifications.codec.decode(value)) ?? [];
    } catch (error) {
      logger.error({ partition, offset, err: error }, `unreadable notification, left alone: ${messageOf(error)}`);
      return [];
    }
  });
}
