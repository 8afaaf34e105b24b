import { FencedError } from '@tailrace/kafka/errors.ts';
import type { Kafka, OutgoingRecord, TransactionalProducer } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PartitionWriter } from './partition-writer.ts';
import { readPartition } from './reading/read-partition.ts';

const { name: topic } = topics.rawAws;
const logger = createLogger({ level: 'silent' });

let broker: ReturnType<typeof memoryBroker>;
let kafka: Kafka;
let lose: AbortController;
let transactions: number;
let writer: PartitionWriter;

beforeEach(async () => {
  broker = memoryBroker();
  kafka = broker.connect();
  await kafka.admin.createTopics([topics.rawAws]);
  lose = new AbortController();
  transactions = 0;
  writer = writerOf(await kafka.transactionalProducer('ingest-0'));
});
afterEach(() => kafka.close());

function writerOf(producer: TransactionalProducer, intervalMs = 5): PartitionWriter {
  return new PartitionWriter({
    producer,
    lost: lose.signal,
    logger,
    committed: () => void transactions++,
    intervalMs,
  });
}

function record(text: string, bytes = 0): OutgoingRecord {
  return { topic, partition: 0, key: null, value: Buffer.from(text.padEnd(bytes)) };
}

async function committed(): Promise<string[]> {
  const texts: string[] = [];
  for await (const records of readPartition(kafka, topic, 0, new AbortController().signal)) {
    texts.push(...records.map(({ value }) => value?.toString().trim() ?? ''));
  }
  return texts;
}

describe('PartitionWriter', () => {
  it('commits in the order of the calls, and what comes meanwhile together', async () => {
    const writes = Array.from({ length: 100 }, (_, index) => writer.write([record(`a${index}`), record(`b${index}`)]));
    await Promise.all(writes);
    expect(await committed()).toEqual(Array.from({ length: 100 }, (_, index) => [`a${index}`, `b${index}`]).flat());
    expect(transactions).toBeLessThan(4);
  });

  it('commits a lone write at once', async () => {
    const patient = writerOf(await kafka.transactionalProducer('ingest-1'), 600_000);
    await patient.write([record('first')]);
    expect(transactions).toBe(1);
  });

  it('takes a write that comes exactly when the one before is done', async () => {
    for (let turn = 0; turn < 20; turn++) await writer.write([record('x')]).then(() => writer.write([record('y')]));
    expect(await committed()).toHaveLength(40);
  });

  it('bounds a transaction by its bytes', async () => {
    const large = () => record('large', 3 * 1024 * 1024);
    await Promise.all([writer.write([record('x')]), ...Array.from({ length: 6 }, () => writer.write([large()]))]);
    expect(transactions).toBe(3);
  });

  it.each(['send', 'commit'] as const)('fails every write after a failed %s, and says so', async (operation) => {
    await writer.write([record('before')]);
    broker.failNext({ operation });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((text) => writer.write([record(text)])));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(writer.failed).rejects.toMatchObject({ code: 'kafka.connection_lost' });
    expect(writer.hasFailed).toBe(true);
    await expect(writer.write([record('later')])).rejects.toMatchObject({ code: 'kafka.connection_lost' });
    await writer.idle();
    expect(await committed()).toEqual(['before']);
  });

  it('commits nothing once the partition is lost, nor once it is fenced', async () => {
    const next = await broker.connect().transactionalProducer('ingest-0');
    await expect(writer.write([record('fenced')])).rejects.toBeInstanceOf(FencedError);
    const successor = writerOf(next);
    lose.abort(new FencedError('lost'));
    await expect(successor.write([record('lost')])).rejects.toBeInstanceOf(FencedError);
    expect(await committed()).toEqual([]);
  });
});
