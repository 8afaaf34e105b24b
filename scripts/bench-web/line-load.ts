import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { topics } from '@tailrace/topics/topics.ts';

const everyMs = 20;
const connections = 24;

/** Appends canonical records to `logs` at a steady rate. All is made before the first is sent, so sending is all it costs. */
export class LineLoad {
  readonly #kafka: Kafka;
  readonly #project: string;
  #made = 0;

  constructor(kafka: Kafka, project: string) {
    this.#kafka = kafka;
    this.#project = project;
  }

  /** Sends lines, each with the time at which it is due. Resolves when all are in the log. */
  async send(count: number, perSecond: number): Promise<void> {
    const producer = await this.#kafka.producer();
    // As long as making them takes, with room to spare.
    const startMs = performance.timeOrigin + performance.now() + 100 + count / 20;
    const records = Array.from({ length: count }, (_, index) => this.#record(startMs + (index / perSecond) * 1000));
    await delay(startMs - (performance.timeOrigin + performance.now()));
    for (let sent = 0; sent < count; ) {
      const elapsedMs = performance.timeOrigin + performance.now() - startMs;
      const due = Math.min(count, Math.floor((elapsedMs / 1000) * perSecond));
      if (due > sent) await producer.send(records.slice(sent, due));
      sent = Math.max(sent, due);
      await delay(everyMs);
    }
    await producer.close();
  }

  #record(timeMs: number): OutgoingRecord {
    this.#made += 1;
    const connection = `conn_${this.#made % connections}`;
    const event = rawEvent(this.#project, connection, this.#made, Math.floor(timeMs * 1000));
    return {
      topic: topics.logs.name,
      partition: partitionFor(connection, topics.logs.partitions),
      key: Buffer.from(connection),
      value: topics.logs.codec.encode(normalise(event, { partition: 0, offset: this.#made })),
      headers: { project: this.#project, connection },
    };
  }
}

function rawEvent(project: string, connection: string, number: number, micros: number): RawEvent {
  const message = JSON.stringify({
    level: number % 10 === 0 ? 'error' : 'info',
    msg: `order ${number} accepted`,
    service: 'checkout',
    user_id: number,
    region: 'eu-central-1',
  });
  return {
    connection_id: connection,
    project_id: project,
    provider: 'aws',
    event_id: `event-${number}`,
    timestamp: micros,
    timestamp_nanos: 0,
    observed_timestamp: micros,
    ingest_timestamp: micros,
    source: { log_group: '/ecs/checkout', region: 'eu-central-1' },
    stream: 'checkout/api/1',
    payload: JSON.stringify({
      logStreamName: 'checkout/api/1',
      timestamp: Math.floor(micros / 1000),
      message,
      ingestionTime: Math.floor(micros / 1000),
      eventId: `event-${number}`,
    }),
    rewind_id: null,
  };
}
