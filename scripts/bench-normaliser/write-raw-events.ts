import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { topics } from '@tailrace/topics/topics.ts';

export interface RawEventsOptions {
  /** Written again and again with other ids, so that the maker's memory stays small. */
  readonly block: readonly RawEvent[];
  readonly count: number;
  /** Event time from one round of the same events to the next, microseconds. */
  readonly roundMicros?: number;
}

const sendAtOnce = 5000;

/** Fills `logs.raw.aws` as ingest does, but in no transaction. */
export async function writeRawEvents(kafka: Kafka, { block, count, roundMicros = 0 }: RawEventsOptions): Promise<void> {
  const { name: topic, partitions, codec } = topics.rawAws;
  const producer = await kafka.producer();
  for (let start = 0; start < count; start += sendAtOnce) {
    const indices = Array.from({ length: Math.min(sendAtOnce, count - start) }, (_, index) => start + index);
    await producer.send(
      indices.flatMap((index) => {
        const event = block[index % block.length];
        if (!event) return [];
        const { connection_id: connection, project_id: project } = event;
        const timestamp = event.timestamp + Math.floor(index / block.length) * roundMicros;
        return {
          topic,
          partition: partitionFor(connection, partitions),
          key: Buffer.from(connection),
          value: codec.encode({ ...event, event_id: `${event.event_id}-${index}`, timestamp }),
          headers: { project, connection },
        };
      }),
    );
  }
  await producer.close();
}
