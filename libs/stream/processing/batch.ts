import { setImmediate as nextTurn } from 'node:timers/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { FetchedRecord, OutgoingRecord, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { type DeadReason, deadLetterRecord, deadReason } from './dead-letter.ts';
import type { ChangelogStore } from './state-store.ts';
import type { Emit, RecordProcessor } from './topology.ts';

/** How long records are processed before everything else in the process gets a turn, milliseconds. */
const turnMs = 10;

interface BatchContext<In> {
  readonly group: string;
  readonly partition: TopicPartition;
  readonly input: TopicSpec<In>;
  readonly processor: RecordProcessor<In>;
  readonly stores: readonly ChangelogStore<unknown>[];
  /** Partition counts of the topics it may write, as the broker has them. */
  readonly partitionsOf: (topic: string) => number;
}

/** What one transaction writes, besides the offsets. */
interface BatchOutput {
  readonly records: readonly OutgoingRecord[];
  readonly dead: readonly DeadReason[];
}

/**
 * Runs records through a processor: each is transformed whole, or is a dead letter and has written nothing else. Between
 * two of them, and between the steps of one, the rest of the process gets its turn where they take long: heartbeats,
 * health, requests of other roles.
 * @param nextOffset behind the last of them.
 * @throws what the processor threw with remedy `retry` or `reconnect`; the whole batch must then be run again.
 */
export async function processBatch<In>(
  context: BatchContext<In>,
  records: readonly FetchedRecord[],
  nextOffset: number,
): Promise<BatchOutput> {
  const { processor, stores, partition, input, group, partitionsOf } = context;
  const outgoing: OutgoingRecord[] = [];
  const dead: DeadReason[] = [];
  const emit: Emit = (topic, key, value, { headers, partitionKey = key, everyPartition } = {}) => {
    const partitions = partitionsOf(topic.name);
    const record = topicRecord(topic, key, value, { partitionKey, partitions, headers });
    if (!everyPartition) outgoing.push(record);
    else for (let partition = 0; partition < partitions; partition++) outgoing.push({ ...record, partition });
  };
  const turn = { began: performance.now() };
  for (const record of records) {
    if (isOver(turn)) await next(turn);
    // A stream has no deletions: a record without a value says nothing.
    if (record.value === null || processor.wants?.(record.headers) === false) continue;
    const mark = outgoing.length;
    for (const store of stores) store.mark();
    try {
      const steps = processor.process(
        {
          topic: partition.topic,
          partition: partition.partition,
          offset: record.offset,
          timestamp: record.timestamp,
          key: record.key === null ? null : record.key.toString(),
          value: input.codec.decode(record.value),
          headers: record.headers,
        },
        emit,
      );
      if (steps) for (const _ of steps) if (isOver(turn)) await next(turn);
    } catch (error) {
      if (error instanceof TailraceError && error.remedy !== 'give-up') throw error;
      outgoing.length = mark;
      for (const store of stores) store.rollback();
      const reason = deadReason(error);
      dead.push(reason);
      const partitions = partitionsOf(topics.dead.name);
      outgoing.push(deadLetterRecord({ group, partition, record, reason, error, partitions }));
    }
  }
  processor.finish?.(emit, nextOffset);
  for (const store of stores) outgoing.push(...store.takeChanges());
  return { records: outgoing, dead };
}

/** Time that is the processor's own. */
interface Turn {
  began: number;
}

function isOver({ began }: Turn): boolean {
  return performance.now() - began >= turnMs;
}

async function next(turn: Turn): Promise<void> {
  await nextTurn();
  turn.began = performance.now();
}
