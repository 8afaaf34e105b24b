import { OffsetOutOfRangeError } from '../errors.ts';
import type { FetchedBatch, FetchedRecord, TopicPartitionOffset } from '../kafka.ts';
import { LogReader } from '../protocol/record-decoding.ts';
import { answerType, check } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { listOffsets } from './list-offsets.ts';
import { mapError } from './map-error.ts';
import { type FetchedPartition, fetch } from './requests/fetch.ts';

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
}

/** A position with the id of the topic it is about. */
export interface FetchPosition extends TopicPartitionOffset {
  readonly topicId: string;
}

/** What a fetch found at one position. */
export interface Arrival {
  readonly position: FetchPosition;
  readonly outcome:
    | { readonly kind: 'batch'; readonly batch: FetchedBatch }
    | { readonly kind: 'nothing' }
    /** Another leader, or another topic of the same name: look it up again. */
    | { readonly kind: 'moved' }
    | { readonly kind: 'failed'; readonly error: Error };
}

/** Answers to which the topic's present metadata is the explanation. */
const moved = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
]);

/** One Fetch of the positions that a node leads. */
export async function fetchFrom(
  cluster: Cluster,
  leader: number,
  positions: readonly FetchPosition[],
  limits: FetchLimits,
): Promise<Arrival[]> {
  const byTopic = Map.groupBy(positions, ({ topicId }) => topicId);
  const topics = [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }));
  const timeoutMs = limits.maxWaitMs + cluster.settings.requestTimeoutMs;
  const broker = await cluster.connections.to(leader);
  const answer = await cluster.connections.sendWaiting(broker, fetch({ ...limits, topics }), timeoutMs);
  check(answer.errorCode);
  const arrivals: Arrival[] = [];
  for (const fetched of answer.partitions) {
    const position = positions.find(
      ({ topicId, partition }) => topicId === fetched.topicId && partition === fetched.partition,
    );
    if (position) arrivals.push({ position, outcome: await outcomeOf(cluster, position, fetched) });
  }
  return arrivals;
}

async function outcomeOf(
  cluster: Cluster,
  position: FetchPosition,
  fetched: FetchedPartition,
): Promise<Arrival['outcome']> {
  const { topic, partition, offset } = position;
  try {
    check(fetched.errorCode);
    const { lastStableOffset, log } = fetched;
    const stored = new LogReader(log);
    const records: FetchedRecord[] = [];
    let nextOffset = offset;
    while (stored.hasMore) nextOffset = Math.max(nextOffset, stored.next(offset, records));
    if (nextOffset === offset) return { kind: 'nothing' };
    return { kind: 'batch', batch: { topic, partition, records, nextOffset, lastStableOffset } };
  } catch (error) {
    return explain(cluster, position, error);
  }
}

async function explain(cluster: Cluster, position: FetchPosition, error: unknown): Promise<Arrival['outcome']> {
  const { topic, partition, offset } = position;
  const type = answerType(error) ?? '';
  if (moved.has(type)) return { kind: 'moved' };
  if (type !== 'OFFSET_OUT_OF_RANGE') {
    return { kind: 'failed', error: mapError(error, `reading ${topic}[${partition}] at ${offset}`) };
  }
  const [earliest = 0] = await listOffsets(cluster, topic, [partition], 'earliest');
  const [latest = 0] = await listOffsets(cluster, topic, [partition], 'last_stable');
  return { kind: 'failed', error: new OffsetOutOfRangeError({ topic, partition, offset }, earliest, latest) };
}
