import { remedyOf } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** The statuses of a partition's connections, by connection id, as they were published last. */
export async function readStatuses(
  kafka: Kafka,
  partition: number,
  signal: AbortSignal,
): Promise<Map<string, ConnectionStatus>> {
  const { name } = topics.connectionStatus;
  const statuses = new Map<string, ConnectionStatus>();
  for await (const records of readPartition(kafka, name, partition, signal)) {
    for (const { key, value } of records) {
      if (key === null) continue;
      const status = value === null ? undefined : readable(value);
      if (status) statuses.set(key.toString(), status);
      else statuses.delete(key.toString());
    }
  }
  return statuses;
}

/** A status of another version only loses its counts. */
function readable(value: Buffer): ConnectionStatus | undefined {
  try {
    return topics.connectionStatus.codec.decode(value);
  } catch (error) {
    if (remedyOf(error) === 'give-up') return undefined;
    throw error;
  }
}

/** @param partition that of the connection id in `connections`. */
export function statusRecord(id: string, status: ConnectionStatus | null, partition: number): OutgoingRecord {
  const headers = status === null ? undefined : { project: status.project_id, connection: id };
  return topicRecord(topics.connectionStatus, id, status, { partition, headers });
}
