import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { awsEvent } from './aws-events.ts';

/** Latencies of live lines, milliseconds. */
export interface Latency {
  readonly lines: number;
  readonly p50: number;
  readonly p99: number;
}

const burst = 10;
const pauseMs = 40;

export function latencyOf(samples: readonly number[]): Latency {
  const sorted = samples.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { lines: sorted.length, p50: at(0.5), p99: at(0.99) };
}

/** About 200 live lines a second, each timed from its append as a raw event to its committed canonical record. */
export class LiveLoad {
  static readonly connection = 'conn_live';
  readonly #kafka: Kafka;
  readonly #project: string;
  readonly #stop = new AbortController();
  #samples: number[] = [];
  #done: Promise<unknown> = Promise.resolve();

  constructor(kafka: Kafka, project: string) {
    this.#kafka = kafka;
    this.#project = project;
  }

  async start(): Promise<void> {
    const ends = await this.#kafka.admin.offsets(topics.logs.name, 'last_stable');
    const positions = ends.map((offset, partition) => ({ topic: topics.logs.name, partition, offset }));
    this.#done = Promise.all([this.#write(), this.#read(positions)]);
    this.#done.catch(() => undefined);
  }

  /** Latencies of the lines that arrived since it was last asked, milliseconds. */
  take(): readonly number[] {
    const samples = this.#samples;
    this.#samples = [];
    return samples;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #write(): Promise<void> {
    const producer = await this.#kafka.producer();
    for (let line = 0; !this.#stop.signal.aborted; line += burst) {
      const sentAt = Date.now();
      const events = Array.from({ length: burst }, (_, index) =>
        awsEvent({
          project: this.#project,
          connection: LiveLoad.connection,
          id: `live-${line + index}`,
          timestamp: sentAt * 1000 + index,
          message: `live ${sentAt}`,
        }),
      );
      await producer.send(events);
      await delay(pauseMs);
    }
    await producer.close();
  }

  async #read(positions: readonly { topic: string; partition: number; offset: number }[]): Promise<void> {
    const reader = await this.#kafka.reader({ positions });
    while (!this.#stop.signal.aborted) {
      for (const { records } of await reader.poll(this.#stop.signal)) {
        const now = Date.now();
        for (const { value, headers } of records) {
          if (value === null || headers.get('connection')?.toString() !== LiveLoad.connection) continue;
          this.#samples.push(now - Number(topics.logs.codec.decode(value).body.slice('live '.length)));
        }
      }
    }
    await reader.close();
  }
}
