import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { type OutputRate, outputRate } from './bench-normaliser/output-rate.ts';
import { PeerRig } from './bench-normaliser/peer-rig.ts';
import { copyRawEvents } from './bench-normaliser/raw-events.ts';
import { type RoleRun, resetTopics, runOverTopic } from './bench-normaliser/role-run.ts';
import { startKafka } from './dev-stack/kafka/kafka.ts';

/**
 * The normaliser beside Kafka Streams: the same events, the same broker, both exactly once, one after the other in one
 * run, rates by the broker's append times. Prints a JSON line for each measurement and a table of medians and ratios.
 *
 * Environment: N events (1,000,000), ROUNDS (3), PEERS_DIR (../shared/peers beside this repository), PEER_IMPLS
 * (`generic fast`), CLIENTS (`platformatic`; also `kafkajs`), KAFKA_BROKERS to use a running broker, and any setting of
 * the normaliser, such as NORMALISER_THREADS.
 */
const events = Number(process.env.N ?? 1_000_000);
const rounds = Number(process.env.ROUNDS ?? 3);
const implementations = (process.env.PEER_IMPLS ?? 'generic fast').split(' ').filter((name) => name !== '');
const clients = (process.env.CLIENTS ?? 'platformatic').split(' ');
const processCounts = (process.env.PROCESSES ?? '1 2').split(' ').map(Number);
const variants = clients.flatMap((client) => processCounts.map((processes) => ({ client, processes })));
const peers = process.env.PEERS_DIR ?? join(import.meta.dirname, '..', '..', 'shared', 'peers');

const directory = mkdtempSync(join(tmpdir(), 'bench-normaliser-'));
const logger = createLogger({ level: 'warn' });
const topicPrefix = `bench-${randomBytes(4).toString('hex')}-`;
const rates = new Map<string, number[]>();

const broker = await startKafka({
  directory: join(directory, 'kafka'),
  environment: process.env,
  report: (line) => console.error(line),
});
const brokers = broker.brokers.split(',');
const bare = await openKafka({ brokers, logger });
const kafka = await openKafka({ brokers, topicPrefix, logger });
try {
  const rig = new PeerRig(peers, directory, broker.brokers);
  await rig.generate(events);
  await kafka.admin.createTopics(Object.values(topics));
  const copied = await copyRawEvents(bare, kafka);
  if (copied !== events) throw new Error(`${copied} of ${events} events were copied`);
  for (let round = 1; round <= rounds; round++) {
    for (const implementation of implementations) {
      const metrics = await rig.kafkaStreams(implementation, events);
      note(`kafka-streams ${implementation}`, round, Object.fromEntries(metrics), metrics.get('msgs_per_s') ?? 0);
    }
    for (const variant of variants) {
      const { rate, ...usage } = await measureNormaliser(variant);
      note(nameOf(variant), round, { ...rate, ...usage }, rate.recordsPerSecond);
    }
  }
  printTable();
} finally {
  await kafka.admin.deleteTopics(Object.values(topics).map(({ name }) => name));
  await bare.admin.deleteTopics(['logs.raw']).catch(() => undefined);
  await Promise.all([bare.close(), kafka.close()]);
  await broker.stop();
  rmSync(directory, { recursive: true, force: true });
}

interface Variant {
  readonly client: string;
  readonly processes: number;
}

function nameOf({ client, processes }: Variant): string {
  return `tailrace ${client} × ${processes}`;
}

/** Runs the role, as one process or several, over all raw events, from an empty output. */
async function measureNormaliser({ client, processes }: Variant): Promise<{ rate: OutputRate } & RoleRun> {
  const config = { ...topics.logs.config, 'message.timestamp.type': 'LogAppendTime' };
  await resetTopics(kafka, [{ ...topics.logs, config }], [{ group: 'normaliser', input: topics.rawAws.name }]);
  const settings = Object.entries(process.env).filter(([name]) => /^(NORMALISER|KAFKA|NODE)_/.test(name));
  const usage = await runOverTopic({
    kafka,
    role: 'normaliser',
    group: 'normaliser',
    input: topics.rawAws.name,
    processes,
    env: {
      ...Object.fromEntries(settings.map(([name, value]) => [name, value ?? ''])),
      KAFKA_BROKERS: broker.brokers,
      KAFKA_CLIENT: client,
      TOPIC_PREFIX: topicPrefix,
      LOG_LEVEL: 'warn',
    },
    directory,
  });
  const rate = await outputRate(kafka, topics.logs);
  if (rate.records !== events || rate.distinct !== events) {
    throw new Error(`not exactly once: ${rate.records} records, ${rate.distinct} of them distinct`);
  }
  return { rate, ...usage };
}

function note(name: string, round: number, result: object, rate: number): void {
  console.log(JSON.stringify({ bench: 'normaliser', name, round, events, ...result }));
  rates.set(name, [...(rates.get(name) ?? []), rate]);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

function printTable(): void {
  const peersFirst = [...rates].filter(([name]) => !name.startsWith('tailrace'));
  console.log(`\n${'median of the rounds'.padEnd(28)}${'records/s'.padStart(12)}`);
  for (const [name, values] of rates) console.log(name.padEnd(28) + String(medianOf(values)).padStart(12));
  for (const variant of variants) {
    const own = medianOf(rates.get(nameOf(variant)) ?? []);
    for (const [name, values] of peersFirst) {
      console.log(`${nameOf(variant)} : ${name} = ${(own / medianOf(values)).toFixed(2)}`);
    }
  }
}
