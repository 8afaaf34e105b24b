import type { Kafka, Reader, TopicPartition, TransactionalProducer } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { Alarm } from '../alarm.ts';
import type { Ownership } from '../owning/ownership.ts';
import type { ConsumerLag } from '../reading/consumer-lag.ts';
import type { ConsumerMetrics } from '../reading/consumer-metrics.ts';
import { processBatch } from './batch.ts';
import type { BatchPolicy } from './batch-policy.ts';
import { keptPosition, positionRecord } from './kept-position.ts';
import { pollBatch } from './poll-batch.ts';
import { ChangelogStore, type StateStore, type StoreSpec } from './state-store.ts';
import type { Topology } from './topology.ts';

export interface TaskOptions<In> {
  readonly kafka: Kafka;
  readonly topology: Topology<In>;
  /** The input topic's UUID. */
  readonly topicId: string;
  readonly pace: BatchPolicy;
  readonly partitionsOf: (topic: string) => number;
  readonly logger: Logger;
  readonly metrics: ConsumerMetrics;
  readonly lag: ConsumerLag;
}

/**
 * Works on one owned partition until it is revoked: fence, then read the committed offset, then read records, in this
 * order (docs/decisions/0002-one-transactional-id-per-partition.md). Every error ends it; the partition's owner starts it
 * again, which makes a new producer and goes back to the committed offset.
 */
export async function runTask<In>(options: TaskOptions<In>, ownership: Ownership): Promise<void> {
  const { kafka, topology } = options;
  const { partition } = ownership;
  const input = topology.inputs.find((spec) => spec.name === partition.topic);
  if (!input) throw new Error(`${topology.group} was assigned ${partition.topic}, which it does not read`);
  const producer = await kafka.transactionalProducer(transactionalId(topology.group, partition));
  const ended = new AbortController();
  try {
    const stores = await restoreStores(options, ownership);
    const offset = await startOffset(options, producer, ownership);
    const reader = await kafka.reader({ positions: [{ ...partition, offset }], maxWaitMs: idlePollMs });
    try {
      await consume({ ...options, producer, reader, input, stores, offset, ended: ended.signal }, ownership);
    } finally {
      await reader.close();
    }
  } finally {
    ended.abort();
    await producer.close();
  }
}

/** A long poll of a quiet partition. Records end it at once, so its length costs no latency, only idle requests. */
const idlePollMs = 5000;

function transactionalId(group: string, partition: TopicPartition): string {
  return `${group}-${partition.topic}-${partition.partition}`;
}

/**
 * The committed offset; where the broker has none, the position kept in `positions`, which outlives it; else the earliest:
 * what was written before this group existed is processed too.
 */
async function startOffset<In>(
  { kafka, topology: { group }, topicId, logger }: TaskOptions<In>,
  producer: TransactionalProducer,
  ownership: Ownership,
): Promise<number> {
  const { topic, partition } = ownership.partition;
  const committed = await kafka.admin.committedOffsets(group, [topic]);
  const own = committed.find((position) => position.partition === partition);
  if (own) return own.offset;
  const kept = await keptPosition(kafka, { group, topic, partition, topicId }, ownership.revoked);
  if (kept === undefined) return (await kafka.admin.offsets(topic, 'earliest'))[partition] ?? 0;
  logger.warn(
    { group, topic, partition, offset: kept },
    'the committed offset has expired: going on from the kept one',
  );
  // Others go by the committed offset too, and nothing may come here for long.
  const transaction = producer.begin();
  try {
    await transaction.commitOffsets(ownership.group(), [{ topic, partition, offset: kept }]);
    await transaction.commit();
  } catch (error) {
    await transaction.abort().catch(() => undefined);
    throw error;
  }
  return kept;
}

type Stores = ReadonlyMap<StoreSpec, ChangelogStore<unknown>>;

async function restoreStores<In>({ kafka, topology }: TaskOptions<In>, ownership: Ownership): Promise<Stores> {
  const stores = new Map<StoreSpec, ChangelogStore<unknown>>();
  for (const spec of topology.stores ?? []) {
    stores.set(spec, await ChangelogStore.restore(kafka, spec, ownership.partition.partition, ownership.revoked));
  }
  return stores;
}

interface Consuming<In> extends TaskOptions<In> {
  readonly producer: TransactionalProducer;
  readonly reader: Reader;
  readonly input: TopicSpec<In>;
  readonly stores: Stores;
  /** Where it begins. */
  readonly offset: number;
  readonly ended: AbortSignal;
}

async function consume<In>(task: Consuming<In>, ownership: Ownership): Promise<void> {
  const { topology, stores, partitionsOf, reader, pace, metrics, input } = task;
  const { partition, revoked } = ownership;
  const alarm = new Alarm(revoked);
  const positionKey = { ...partition, group: topology.group, topicId: task.topicId };
  const context = {
    group: topology.group,
    partition,
    input,
    partitionsOf,
    stores: [...stores.values()],
    processor: topology.processor({
      topic: partition.topic,
      partition: partition.partition,
      store: <Value>(spec: StoreSpec<Value>) => {
        const store = stores.get(spec);
        if (!store) throw new Error(`${topology.group} does not declare the store ${spec.name}`);
        // The map's keys carry the value types that the map itself cannot express.
        return store as StateStore<unknown> as StateStore<Value>;
      },
      wake: () => alarm.ring(),
      ended: task.ended,
    }),
  };
  const onLost = (records: number) => {
    metrics.lostToRetention(partition, records);
    task.logger.error({ ...partition, records }, 'retention removed records before they were read');
  };
  let lastCommit = Number.NEGATIVE_INFINITY;
  let position = task.offset;
  task.lag.follow(partition, () => position, revoked);
  while (!revoked.aborted) {
    const { signal } = alarm;
    const came = await pollBatch({ reader, partition, pace, lastCommit, signal, onLost });
    const woken = alarm.rang();
    if (revoked.aborted || !(came || woken)) continue;
    const gathered = came ?? { records: [], nextOffset: position };
    // Where only control records came, the position is committed too: who waits for this group to be through would wait on.
    if (gathered.nextOffset === position && !woken) continue;
    const started = performance.now();
    const output = await processBatch(context, gathered.records, gathered.nextOffset);
    if (gathered.nextOffset === position && output.records.length === 0) continue;
    const transaction = task.producer.begin();
    try {
      const place = positionRecord(positionKey, gathered.nextOffset, partitionsOf(topics.positions.name));
      await transaction.send([...output.records, place]);
      await transaction.commitOffsets(ownership.group(), [{ ...partition, offset: gathered.nextOffset }]);
      ownership.lost.throwIfAborted();
      await transaction.commit();
    } catch (error) {
      metrics.aborted(partition);
      await transaction.abort().catch(() => undefined);
      throw error;
    }
    lastCommit = performance.now();
    position = gathered.nextOffset;
    ownership.progressed();
    metrics.committed(partition, gathered.records.length, lastCommit - started);
    for (const reason of output.dead) metrics.dead(partition, reason);
    if (output.dead.length > 0) {
      task.logger.error({ ...partition, count: output.dead.length, reasons: output.dead.slice(0, 5) }, 'dead letters');
    }
    task.logger.debug(
      { ...partition, records: gathered.records.length, next: gathered.nextOffset, ms: lastCommit - started },
      'committed',
    );
  }
}
