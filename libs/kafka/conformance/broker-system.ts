import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, deleteRecordsV2, FeatureUpgradeTypes, updateFeaturesV1 } from '@platformatic/kafka';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { Kafka } from '../kafka.ts';
import { openKafka } from '../open-kafka.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { ConnectOptions, KafkaSystem } from './system.ts';

type Client = 'platformatic' | 'kafkajs';

/** A broker process of the test's own; `scripts/dev-stack/kafka/kafka.ts` starts one. */
interface OwnBroker {
  readonly brokers: string;
  kill9(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface BrokerStart {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly report: (line: string) => void;
  readonly adaptProperties: (properties: Record<string, string>) => Record<string, string>;
}

export interface BrokerSystemOptions {
  readonly client: Client;
  readonly peer: Client;
  readonly startKafka: (start: BrokerStart) => Promise<OwnBroker>;
  /** A port that nothing takes while the broker is down. */
  readonly freePort: () => Promise<number>;
  /** Level of the cluster's feature `transaction.version`: 1 is that of brokers before KIP-890. Default: the newest. */
  readonly transactionVersion?: number;
}

/** A real broker that belongs to one test file, behind a proxy that can hurt each client on its own. */
export async function brokerSystem(options: BrokerSystemOptions): Promise<KafkaSystem> {
  const { client, peer, startKafka, freePort, transactionVersion } = options;
  const proxy = await FaultProxy.listen();
  const directory = mkdtempSync(join(tmpdir(), 'tailrace-kafka-'));
  const internalPort = await freePort();
  const broker = await startKafka({
    directory,
    environment: { ...process.env, KAFKA_BROKERS: undefined },
    report: () => undefined,
    adaptProperties: (properties) => ({ ...properties, ...listeners(properties, proxy.port, internalPort) }),
  });
  proxy.forwardTo(Number(broker.brokers.split(':').at(-1)));
  if (transactionVersion !== undefined) await setTransactionVersion(proxy.port, transactionVersion);
  const topicPrefix = `${randomUUID().slice(0, 8)}.`;
  const clientIds = new WeakMap<Kafka, string>();
  const logger = createLogger({ level: 'warn' });

  async function open(
    driver: Client,
    { compression = 'zstd', retryTimeoutMs = 120_000 }: ConnectOptions = {},
  ): Promise<Kafka> {
    const clientId = `client-${randomUUID()}`;
    const brokers = [`127.0.0.1:${proxy.port}`];
    const timeouts = { requestTimeoutMs: 8000, retryTimeoutMs };
    const kafka = await openKafka({ brokers, client: driver, clientId, topicPrefix, compression, logger, ...timeouts });
    clientIds.set(kafka, clientId);
    return kafka;
  }

  function idOf(kafka: Kafka): string {
    const clientId = clientIds.get(kafka);
    if (clientId === undefined) throw new Error('this client is not one of this system');
    return clientId;
  }

  return {
    connect: (how) => open(client, how),
    connectPeer: (how) => open(peer, how),
    crash: (kafka) => proxy.crash(idOf(kafka)),
    stall: (kafka) => proxy.stall(idOf(kafka), true),
    resume: (kafka) => proxy.stall(idOf(kafka), false),
    truncate: (topic, partition, offset) => deleteRecords(proxy.port, topicPrefix + topic, partition, offset),
    network: {
      loseAnswer: (kafka, apiKey) => {
        proxy.fateOf(idOf(kafka)).loseAnswer = apiKey;
      },
      holdRequest: (kafka, apiKey) => proxy.hold(idOf(kafka), apiKey),
      received: (kafka) => proxy.fateOf(idOf(kafka)).received,
      requests: (kafka) => proxy.fateOf(idOf(kafka)).requests,
    },
    broker: { kill: () => broker.kill9(), start: () => broker.restart() },
    close: async () => {
      await proxy.close();
      await broker.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Clients go through the proxy, the broker's own requests to itself do not: a proxy takes connections also while the broker
 * behind it is down, which no broker does.
 */
function listeners(properties: Readonly<Record<string, string>>, proxyPort: number, internalPort: number) {
  const internal = `INTERNAL://127.0.0.1:${internalPort}`;
  return {
    listeners: `${properties.listeners},${internal}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxyPort},${internal}`,
    'inter.broker.listener.name': 'INTERNAL',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT',
  };
}

async function deleteRecords(port: number, name: string, partitionIndex: number, offset: number): Promise<void> {
  const partitions = [{ partitionIndex, offset: BigInt(offset) }];
  await withConnection(port, (connection) =>
    deleteRecordsV2.api.async(connection, [{ name, partitions }], requestTimeoutMs),
  );
}

async function setTransactionVersion(port: number, maxVersionLevel: number): Promise<void> {
  const update = { feature: 'transaction.version', maxVersionLevel, upgradeType: FeatureUpgradeTypes.SAFE_DOWNGRADE };
  await withConnection(port, (connection) => updateFeaturesV1.api.async(connection, requestTimeoutMs, [update], false));
}

const requestTimeoutMs = 10_000;

async function withConnection(port: number, use: (connection: Connection) => Promise<unknown>): Promise<void> {
  const connection = new Connection('test');
  await connection.connect('127.0.0.1', port);
  try {
    await use(connection);
  } finally {
    await connection.close();
  }
}
