import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';

export interface OutputRate {
  readonly records: number;
  readonly distinct: number;
  /** From the first append to the last. */
  readonly recordsPerSecond: number;
  /** Between the first and the last tenth: without start and end. */
  readonly steadyPerSecond: number;
}

/** Behind the single-object header and the length of the first field. */
const idAt = 11;
const idEnd = idAt + 32;

/**
 * What was committed to a topic of canonical records, and how fast, by the times at which the broker appended it: measuring costs the run
 * nothing. The topic must have been created with `message.timestamp.type=LogAppendTime`.
 */
export async function outputRate(kafka: Kafka, { name, partitions }: TopicSpec): Promise<OutputRate> {
  const times: number[] = [];
  const ids = new Set<string>();
  for (let partition = 0; partition < partitions; partition++) {
    for await (const records of readPartition(kafka, name, partition, new AbortController().signal)) {
      for (const { timestamp, value } of records) {
        times.push(timestamp);
        if (value !== null) ids.add(value.toString('latin1', idAt, idEnd));
      }
    }
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    records: times.length,
    distinct: ids.size,
    recordsPerSecond: Math.round((times.length * 1000) / (at(1) - at(0))),
    steadyPerSecond: Math.round((times.length * 0.8 * 1000) / (at(0.9) - at(0.1))),
  };
}
