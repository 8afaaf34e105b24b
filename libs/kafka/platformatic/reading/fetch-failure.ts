import { ConnectionLostError, OffsetOutOfRangeError, UnknownTopicError } from '../../errors.ts';
import type { OffsetsAt } from '../../kafka.ts';
import type { Cluster } from '../cluster.ts';
import { brokerErrors, isConnectionFailure, toTailraceError, wasNotDone } from '../failure.ts';
import { listOffsets } from './list-offsets.ts';
import type { PartitionReading } from './partition-reading.ts';

/** How long a topic may be unknown before it counts as deleted: brokers that just started do not know theirs yet. */
const unknownTopicGraceMs = 5000;
const unknownTopic = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID'];

/** Decides what a failed fetch means: something that passes, or what the reader's caller must know. */
export async function judgeFetchFailure(cluster: Cluster, reading: PartitionReading, error: unknown): Promise<void> {
  const ids = brokerErrors(error);
  const { topic } = reading;
  cluster.forget(cluster.settings.naming.full(topic));
  if (ids.has('OFFSET_OUT_OF_RANGE')) {
    reading.failure = await outOfRange(cluster, reading);
  } else if (error instanceof UnknownTopicError || unknownTopic.some((id) => ids.has(id))) {
    reading.unknownSince ??= performance.now();
    const isDeleted = performance.now() - reading.unknownSince > unknownTopicGraceMs;
    if (isDeleted) reading.failure = new UnknownTopicError(topic);
  } else if (!isConnectionFailure(error) && !wasNotDone(error)) {
    reading.failure = toTailraceError(error, `reading ${topic}`);
  }
}

/** @returns undefined when the position lies within the log after all, or that cannot be found out now. */
async function outOfRange(cluster: Cluster, { topic, partition, position }: PartitionReading): Promise<unknown> {
  const ask = async (query: OffsetsAt) => (await listOffsets(cluster, topic, [partition], query))[0] ?? 0;
  try {
    const [earliest, latest, end] = await Promise.all([ask('earliest'), ask('last_stable'), ask('high_watermark')]);
    if (position >= earliest && position <= end) return undefined;
    return new OffsetOutOfRangeError({ topic, partition, offset: position }, earliest, latest);
  } catch (error) {
    return error instanceof ConnectionLostError ? undefined : error;
  }
}
