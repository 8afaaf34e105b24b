/**
 * Exactly-once copy of 300-byte records by each Kafka driver: read a batch, write it and its offsets in one transaction.
 *
 *     TEST_KAFKA_BROKERS=127.0.0.1:9092 node scripts/bench-kafka.ts [--records 1000000] [--compression zstd] [--client …]
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Compression } from '@tailrace/kafka/compression.ts';
import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';

const recordBytes = 300;
const sendAtOnce = 50_000;

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: process.env.TEST_KAFKA_BROKERS ?? '127.0.0.1:9092' },
    records: { type: 'string', default: '1000000' },
    compression: { type: 'string', default: 'none' },
    client: { type: 'string', multiple: true, default: ['platformatic', 'kafkajs'] },
    rounds: { type: 'string', default: '3' },
  },
});
const count = Number(options.records);
const topicPrefix = `bench-${randomUUID().slice(0, 8)}.`;
const bytes = { name: 'bytes', encode: (value: Buffer) => value, decode: (value: Buffer) => value };
const logger = createLogger({ level: 'warn' });

function open(client: 'platformatic' | 'kafkajs'): Promise<Kafka> {
  const compression = options.compression as Compression;
  return openKafka({ brokers: options.brokers.split(','), client, topicPrefix, compression, logger });
}

/** Lines that compress about as logs do. */
function line(n: number): Buffer {
  const text = `2026-11-24T03:00:${n % 60}Z INFO request ${n} GET /orders/${(n * 7919) % 100_003} ${200 + (n % 5)} ${n % 977}ms `;
  return Buffer.from(text.padEnd(recordBytes, randomUUID()));
}

async function fill(kafka: Kafka): Promise<void> {
  const producer = await kafka.producer();
  for (let sent = 0; sent < count; sent += sendAtOnce) {
    const size = Math.min(sendAtOnce, count - sent);
    const record = (n: number): OutgoingRecord => ({ topic: 'input', partition: 0, key: null, value: line(sent + n) });
    await producer.send(Array.from({ length: size }, (_, n) => record(n)));
  }
  await producer.close();
}

/** @returns records per second. */
async function copy(kafka: Kafka, round: string): Promise<number> {
  const groupId = `copy-${round}`;
  const owned = Promise.withResolvers<void>();
  const membership = await kafka.joinGroup({
    groupId,
    topics: ['input'],
    assigned: () => owned.resolve(),
    revoked: async () => undefined,
    lost: () => owned.reject(new Error('lost the input')),
    failed: owned.reject,
  });
  await owned.promise;
  const producer = await kafka.transactionalProducer(`copy-${round}`);
  const positions = [{ topic: 'input', partition: 0, offset: 0 }];
  const reader = await kafka.reader({ positions, maxBytesPerPartition: 4 * 1024 * 1024 });
  const started = performance.now();
  for (let copied = 0; copied < count; ) {
    for (const { records, nextOffset } of await reader.poll()) {
      const transaction = producer.begin();
      await transaction.send(records.map(({ key, value }) => ({ topic: 'output', partition: 0, key, value })));
      await transaction.commitOffsets(membership.metadata(), [{ topic: 'input', partition: 0, offset: nextOffset }]);
      await transaction.commit();
      copied += records.length;
    }
  }
  const rate = count / ((performance.now() - started) / 1000);
  await Promise.all([reader.close(), producer.close(), membership.leave()]);
  return rate;
}

const clients = options.client.map((name) => (name === 'kafkajs' ? 'kafkajs' : 'platformatic'));
const admin = await open('platformatic');
await admin.admin.createTopics(
  ['input', 'output'].map((name) => ({ name, kind: 'stream', partitions: 1, config: {}, codec: bytes })),
);
await fill(admin);
const best = new Map<string, number>();
for (let round = 1; round <= Number(options.rounds); round++) {
  for (const client of clients) {
    const kafka = await open(client);
    const rate = await copy(kafka, `${client}-${round}`);
    await kafka.close();
    best.set(client, Math.max(rate, best.get(client) ?? 0));
    console.log(`${client}, round ${round}: ${Math.round(rate).toLocaleString('en')} records/s`);
  }
}
await admin.admin.deleteTopics(['input', 'output']);
await admin.close();
const [fastest, ...others] = [...best].toSorted((a, b) => b[1] - a[1]);
for (const [client, rate] of others) {
  console.log(`${fastest?.[0]} : ${client} = ${((fastest?.[1] ?? 0) / rate).toFixed(2)} (best rounds)`);
}
