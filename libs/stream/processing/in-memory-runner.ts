import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { createLogger, type Logger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { PartitionOwner } from '../owning/partition-owner.ts';
import { readPartition } from '../reading/read-partition.ts';
import { runProcessor } from './processor.ts';
import type { Topology } from './topology.ts';

/** A record as a topic holds it, decoded. */
export interface StoredRecord<Value> {
  readonly key: string | null;
  readonly value: Value | null;
  readonly partition: number;
  readonly offset: number;
}

/** A topology at work, as one process among others. */
export interface RunnerProcess {
  readonly owner: PartitionOwner;
  /** Its client, for faults meant for this process. */
  readonly kafka: Kafka;
  /** kill -9. */
  crash(): void;
}

/**
 * Runs topologies without a broker: the production runtime on the in-memory broker, which keeps Kafka's rules. Each
 * `start` is a process of its own, which `crash` kills at once.
 */
export class InMemoryRunner {
  readonly broker: MemoryBroker = memoryBroker();
  readonly #client: Kafka = this.broker.connect();
  readonly #logger: Logger;
  readonly #running = new Set<PartitionOwner>();

  constructor(logger: Logger = createLogger({ level: 'silent' })) {
    this.#logger = logger;
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    await this.#client.admin.createTopics([...specs, topics.dead, topics.positions]);
  }

  /** Runs a topology in a process of its own. */
  async start<In>(topology: Topology<In>): Promise<RunnerProcess> {
    const kafka = this.broker.connect();
    const owner = runProcessor(topology, { kafka, logger: this.#logger, metrics: new Metrics() });
    this.#running.add(owner);
    return {
      owner,
      kafka,
      crash: () => {
        this.#running.delete(owner);
        this.broker.crashClient(kafka);
      },
    };
  }

  async write<Value>(
    topic: TopicSpec<Value>,
    records: readonly (readonly [key: string, value: Value])[],
  ): Promise<void> {
    const { partitions } = await this.#client.admin.describeTopic(topic.name);
    await this.writeBytes(
      topic.name,
      records.map(([key, value]) => [key, topic.codec.encode(value), partitionFor(key, partitions)]),
    );
  }

  /** Writes values as they are, readable or not. */
  async writeBytes(
    topic: string,
    records: readonly (readonly [key: string, value: Buffer, partition: number])[],
  ): Promise<void> {
    const producer = await this.#client.producer();
    await producer.send(records.map(([key, value, partition]) => ({ topic, partition, key: Buffer.from(key), value })));
    await producer.close();
  }

  /** Everything committed to a topic, in the order of each partition. */
  async read<Value>(topic: TopicSpec<Value>): Promise<StoredRecord<Value>[]> {
    const { partitions } = await this.#client.admin.describeTopic(topic.name);
    const found: StoredRecord<Value>[] = [];
    for (let partition = 0; partition < partitions; partition += 1) {
      for await (const records of readPartition(this.#client, topic.name, partition, new AbortController().signal)) {
        for (const { key, value, offset } of records) {
          const decoded = value === null ? null : topic.codec.decode(value);
          found.push({ key: key?.toString() ?? null, value: decoded, partition, offset });
        }
      }
    }
    return found;
  }

  /** Resolves when a group has committed everything its inputs hold now. */
  async settled<In>(topology: Topology<In>): Promise<void> {
    for (const { name } of topology.inputs) {
      const ends = await this.#client.admin.offsets(name, 'last_stable');
      for (;;) {
        const committed = await this.#client.admin.committedOffsets(topology.group, [name]);
        const behind = ends.some(
          (end, partition) => end > 0 && (committed.find((each) => each.partition === partition)?.offset ?? 0) < end,
        );
        if (!behind) break;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((owner) => owner.stop()));
    await this.#client.close();
  }
}
