import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import type { ConnectionRewind } from '@tailrace/schemas/generated/connection-rewind.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { PartitionWriter } from '@tailrace/stream/partition-writer.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { LimiterPool } from '../asking/request-limiter.ts';
import type { Quota, SweepTier } from '../contract/connector.ts';
import { ConnectionReport } from '../reporting/connection-report.ts';
import { runConnection } from '../running/connection-runner.ts';
import { nothingStored, readCheckpoints } from '../storing/checkpoint-table.ts';
import type { CloudUnderTest } from './cloud-under-test.ts';

const connectionId = 'conn_conformance00000000000';
const never = new AbortController().signal;

/** How a connection under test is run: like any other, only that everything comes round sooner. */
export interface RunChoices {
  /** Fields of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly tiers?: readonly SweepTier[];
  readonly quota?: Quota;
  readonly rewind?: ConnectionRewind;
}

const quickTiers: readonly SweepTier[] = [
  { lookbackMs: 20_000, everyMs: 50 },
  { lookbackMs: 3_600_000, everyMs: 250 },
];
const noQuota: Quota = { key: 'conformance', requests: 10_000, perMs: 1000 };
/** As short as a connection may have it. */
const visibilityBoundMs = 3000;
const waitMs = 45_000;

/** One ingest process with one connection. */
export interface IngestProcess {
  /** Its client, for faults meant for it. */
  readonly kafka: Kafka;
  /** kill -9. */
  crash(): void;
  /** SIGTERM. */
  stop(): Promise<void>;
}

/** A cloud, a broker, and what happens between them. */
export class Fixture {
  readonly cloud: CloudUnderTest;
  readonly broker: MemoryBroker = memoryBroker();
  readonly statuses: ConnectionStatus[] = [];
  readonly #reader: Kafka = this.broker.connect();
  readonly #processes = new Set<IngestProcess>();
  #emitted = 0;

  constructor(cloud: CloudUnderTest) {
    this.cloud = cloud;
  }

  async open(): Promise<void> {
    await this.#reader.admin.createTopics([topics.checkpoints, topics.dead, ...Object.values(rawTopics)]);
  }

  /** Runs the connection as a process would that has just become its owner, and again after each failure of Kafka. */
  start(choices: RunChoices = {}): IngestProcess {
    const kafka = this.broker.connect();
    const stop = new AbortController();
    let crashed = false;
    const done = (async () => {
      while (!stop.signal.aborted) {
        await this.#own(kafka, choices, stop.signal).catch(() => undefined);
        if (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const running: IngestProcess = {
      kafka,
      crash: () => {
        crashed = true;
        this.broker.crashClient(kafka);
        stop.abort();
        this.#processes.delete(running);
      },
      stop: async () => {
        stop.abort();
        await done;
        if (!crashed) await kafka.close();
        this.#processes.delete(running);
      },
    };
    this.#processes.add(running);
    return running;
  }

  async #own(kafka: Kafka, choices: RunChoices, signal: AbortSignal): Promise<void> {
    const { connector, config } = this.cloud;
    const partition = 0;
    const producer = await kafka.transactionalProducer('conformance-ingest');
    try {
      const stored = (await readCheckpoints(kafka, partition, signal)).get(connectionId) ?? nothingStored;
      const logger = createLogger({ level: 'silent' });
      const configured = connector.configure({
        visibility_bound_ms: visibilityBoundMs,
        ...config,
        ...choices.config,
      });
      const writer = new PartitionWriter({ producer, lost: never, logger });
      const report = new ConnectionReport({
        connectionId,
        projectId: 'project',
        version: 1,
        owner: 'test',
        publish: (status) => void this.statuses.push(status),
      });
      await runConnection(
        {
          connectionId,
          projectId: 'project',
          provider: connector.provider,
          rewind: choices.rewind ?? null,
          configured: { ...configured, tiers: choices.tiers ?? quickTiers, quota: choices.quota ?? noQuota },
          stored,
          partition,
          partitionsOf: (topic) => (topic === topics.dead.name ? topics.dead : rawTopics.aws).partitions,
          writer,
          limiters: new LimiterPool(),
          report,
          logger,
          metrics: new Metrics(),
          retry: { initialMs: 50, maxMs: 200 },
          recheck: { initialMs: 50, maxMs: 200 },
        },
        signal,
      ).finally(() => report.close());
    } finally {
      await producer.close().catch(() => undefined);
    }
  }

  /** Emits that many events and returns their texts. @param times by the event's index. */
  async emit(
    count: number,
    times: (
      index: number,
      nowMicros: number,
    ) => Omit<Parameters<CloudUnderTest['emit']>[0][number], 'text'> = () => ({}),
  ): Promise<readonly string[]> {
    const now = Date.now() * 1000;
    const texts = Array.from({ length: count }, () => `event-${String(++this.#emitted).padStart(6, '0')}-end`);
    await this.cloud.emit(texts.map((text, index) => ({ text, ...times(index, now) })));
    return texts;
  }

  /** Every live event that a reader of committed records sees. */
  async received(): Promise<readonly RawEvent[]> {
    return (await this.#raw()).filter((event) => event.rewind_id === null);
  }

  /** Texts of what a rewind has read again, sorted. */
  async rewoundTexts(rewindId: string): Promise<readonly string[]> {
    const raw = await this.#raw();
    return raw
      .filter((event) => event.rewind_id === rewindId)
      .map(textOf)
      .sort();
  }

  /** The keys that the checkpoint table holds. */
  async checkpointKeys(): Promise<readonly string[]> {
    const stored = await readCheckpoints(this.#reader, 0, never);
    return [...(stored.get(connectionId)?.keys ?? [])];
  }

  async #raw(): Promise<readonly RawEvent[]> {
    const events: RawEvent[] = [];
    const topic = rawTopics[this.cloud.connector.provider];
    for (let partition = 0; partition < topic.partitions; partition++) {
      for await (const records of readPartition(this.#reader, topic.name, partition, never)) {
        for (const { value } of records) if (value) events.push(topic.codec.decode(value));
      }
    }
    return events;
  }

  async receivedTexts(): Promise<readonly string[]> {
    return (await this.received()).map(textOf).sort();
  }

  /** Waits until exactly these texts have arrived, and makes sure that further sweeps add none. */
  async expectExactly(texts: readonly string[]): Promise<void> {
    const sorted = texts.toSorted();
    await vi.waitFor(async () => expect(await this.receivedTexts()).toEqual(sorted), { timeout: waitMs, interval: 30 });
    const before = this.cloud.readRequests().length;
    await vi.waitFor(() => expect(this.cloud.readRequests().length).toBeGreaterThan(before + 4), { timeout: waitMs });
    expect(await this.receivedTexts()).toEqual(sorted);
  }

  async waitFor(condition: () => unknown): Promise<void> {
    await vi.waitFor(async () => expect(await condition()).toBeTruthy(), { timeout: waitMs, interval: 20 });
  }

  async close(): Promise<void> {
    this.cloud.clearFaults();
    await Promise.all([...this.#processes].map((running) => running.stop()));
    await this.cloud.stop();
    await this.#reader.close();
  }
}

/** A fixture for each test of the present suite. */
export function fixtures(setup: () => Promise<CloudUnderTest>): () => Fixture {
  let current: Fixture;
  beforeEach(async () => {
    current = new Fixture(await setup());
    await current.open();
  });
  afterEach(() => current.close());
  return () => current;
}

export function textOf({ payload }: RawEvent): string {
  return /event-\d{6}-end/.exec(payload)?.[0] ?? payload;
}
