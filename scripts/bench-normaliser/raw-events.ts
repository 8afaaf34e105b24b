import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** An event as the peers' generator writes it. */
interface PeerEvent {
  readonly connectionId: string;
  readonly projectId: string;
  readonly receivedAt: number;
  readonly event: {
    readonly logStreamName: string;
    readonly timestamp: number;
    readonly ingestionTime: number;
    readonly eventId: string;
  };
}

const peerTopic = 'logs.raw';
const sendAtOnce = 20_000;

/**
 * Writes the peers' events, wrapped as our raw events with the headers that ingest gives them, to `logs.raw.aws`.
 * @returns how many.
 */
export async function copyRawEvents(from: Kafka, to: Kafka): Promise<number> {
  const { partitions } = await from.admin.describeTopic(peerTopic);
  const producer = await to.producer();
  let copied = 0;
  let waiting: OutgoingRecord[] = [];
  const send = async () => {
    await producer.send(waiting);
    copied += waiting.length;
    waiting = [];
  };
  for (let partition = 0; partition < partitions; partition++) {
    for await (const records of readPartition(from, peerTopic, partition, new AbortController().signal)) {
      for (const { value } of records) {
        if (value !== null) waiting.push(rawRecord(JSON.parse(value.toString()) as PeerEvent));
        if (waiting.length >= sendAtOnce) await send();
      }
    }
  }
  await send();
  await producer.close();
  return copied;
}

function rawRecord({ connectionId, projectId, receivedAt, event }: PeerEvent): OutgoingRecord {
  const { name, partitions, codec } = topics.rawAws;
  const [service = ''] = event.logStreamName.split('/', 1);
  return {
    topic: name,
    partition: partitionFor(connectionId, partitions),
    key: Buffer.from(connectionId),
    value: Buffer.from(
      codec.encode({
        connection_id: connectionId,
        project_id: projectId,
        provider: 'aws',
        event_id: event.eventId,
        timestamp: event.timestamp * 1000,
        timestamp_nanos: 0,
        observed_timestamp: event.ingestionTime * 1000,
        ingest_timestamp: receivedAt * 1000,
        source: { region: 'eu-central-1', log_group: `/services/${service}` },
        stream: event.logStreamName,
        payload: JSON.stringify(event),
        rewind_id: null,
      }),
    ),
    headers: { project: projectId, connection: connectionId },
  };
}
