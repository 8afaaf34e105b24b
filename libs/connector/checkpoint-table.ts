import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import type { Checkpoint as CheckpointRecord } from '@tailrace/schemas/generated/checkpoint.ts';
import { readPartition } from '@tailrace/stream/read-partition.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { CheckpointChange } from './checkpoint.ts';

/** The records of one connection by their keys. */
export type StoredCheckpoints = ReadonlyMap<string, CheckpointRecord>;

/**
 * Reads a partition of the table to its end. Only final after fencing: before, an earlier owner could still commit.
 *
 * @param wanted the connection to keep; all when left out.
 * @returns by connection id.
 */
export async function readCheckpoints(
  kafka: Kafka,
  partition: number,
  signal: AbortSignal,
  wanted?: string,
): Promise<ReadonlyMap<string, StoredCheckpoints>> {
  const { name, codec } = topics.checkpoints;
  const connections = new Map<string, Map<string, CheckpointRecord>>();
  for await (const records of readPartition(kafka, name, partition, signal)) {
    for (const { key, value } of records) {
      const text = key?.toString() ?? '';
      const [connectionId = ''] = text.split('/', 1);
      if (wanted !== undefined && connectionId !== wanted) continue;
      let stored = connections.get(connectionId);
      if (value === null) stored?.delete(text);
      else {
        if (stored === undefined) {
          stored = new Map();
          connections.set(connectionId, stored);
        }
        stored.set(text, codec.decode(value));
      }
    }
  }
  return connections;
}

/** @param partition that of the connection id in `connections`. */
export function checkpointRecord({ key, value }: CheckpointChange, partition: number): OutgoingRecord {
  const { name, codec } = topics.checkpoints;
  return { topic: name, partition, key: Buffer.from(key), value: value === null ? null : codec.encode(value) };
}
