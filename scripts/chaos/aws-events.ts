import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** What of a raw event matters to a test or a benchmark. */
export interface AwsEvent {
  readonly project: string;
  readonly connection: string;
  readonly id: string;
  /** Event time, microseconds. */
  readonly timestamp: number;
  readonly message: string;
}

/** A raw event of CloudWatch as ingest writes it. */
export function awsEvent({ project, connection, id, timestamp, message }: AwsEvent): OutgoingRecord {
  const { name: topic, partitions, codec } = topics.rawAws;
  const event: RawEvent = {
    connection_id: connection,
    project_id: project,
    provider: 'aws',
    event_id: id,
    timestamp,
    timestamp_nanos: 0,
    observed_timestamp: timestamp + 1000,
    ingest_timestamp: timestamp + 2000,
    source: { region: 'eu-central-1', log_group: '/ecs/checkout' },
    stream: 'checkout/1',
    payload: JSON.stringify({ message }),
    rewind_id: null,
  };
  return {
    topic,
    partition: partitionFor(connection, partitions),
    key: Buffer.from(connection),
    value: codec.encode(event),
    headers: { project, connection },
  };
}
