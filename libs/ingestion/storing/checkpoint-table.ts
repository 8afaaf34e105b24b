import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { Checkpoint as CheckpointRecord } from '@tailrace/schemas/generated/checkpoint.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { CheckpointChange } from './checkpoint.ts';

/** What the table has of one connection. */
export interface StoredCheckpoint {
  /** Keys of all its records. */
  readonly keys: ReadonlySet<string>;
  /**
   * The records by their keys.
   * @throws TailraceError `connector.checkpoint_unreadable` when one of them cannot be read: to go on without it would
   * lose events or emit them twice.
   */
  records(): ReadonlyMap<string, CheckpointRecord>;
}

export const nothingStored: StoredCheckpoint = { keys: new Set(), records: () => new Map() };

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
): Promise<ReadonlyMap<string, StoredCheckpoint>> {
  const connections = new Map<string, Map<string, Buffer>>();
  for await (const records of readPartition(kafka, topics.checkpoints.name, partition, signal)) {
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
        stored.set(text, value);
      }
    }
  }
  return new Map([...connections].map(([id, values]) => [id, storedCheckpoint(id, values)]));
}

function storedCheckpoint(connectionId: string, values: ReadonlyMap<string, Buffer>): StoredCheckpoint {
  const { codec } = topics.checkpoints;
  return {
    keys: new Set(values.keys()),
    records: () => {
      try {
        return new Map([...values].map(([key, value]) => [key, codec.decode(value)]));
      } catch (cause) {
        throw new TailraceError(`the checkpoint of ${connectionId} cannot be read: ${messageOf(cause)}`, {
          code: 'connector.checkpoint_unreadable',
          remedy: 'give-up',
          help: 'A newer version of Tailrace may have written it: run that one. Or delete the connection and create it again.',
          cause,
        });
      }
    },
  };
}

/** @param partition that of the connection id in `connections`. */
export function checkpointRecord({ key, value }: CheckpointChange, partition: number): OutgoingRecord {
  return topicRecord(topics.checkpoints, key, value, { partition });
}
