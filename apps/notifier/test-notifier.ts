import { randomBytes } from 'node:crypto';
import { testAlert } from '@tailrace/channels/test-alerts.ts';
import { loadSettings } from '@tailrace/config/environment.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { sealCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { settings } from './config.ts';
import { type NotifierDeps, start } from './start.ts';

const key = Buffer.alloc(32, 3).toString('base64url');

/** Notifier processes on an in-memory broker, and what a test writes for them and finds afterwards. */
export async function startTestStack(broker: MemoryBroker = memoryBroker()) {
  const client = broker.connect();
  await client.admin.createTopics(Object.values(topics));
  const stops: (() => Promise<unknown>)[] = [];
  const logLines: string[] = [];

  async function write<Value>(topic: TopicSpec<Value>, key: string, value: Value | null, partitionKey = key) {
    const producer = await client.producer();
    const bytes = value === null ? null : topic.codec.encode(value);
    const partition = partitionFor(partitionKey, topic.partitions);
    await producer.send([{ topic: topic.name, partition, key: Buffer.from(key), value: bytes }]);
    await producer.close();
  }

  return {
    broker,
    client,
    logLines,
    write,
    /** One more process. */
    async notifier(env: Readonly<Record<string, string>>, deps: Partial<NotifierDeps> = {}) {
      const kafka = broker.connect();
      const metrics = new Metrics();
      const logger = createLogger({ level: 'debug', destination: { write: (line) => void logLines.push(line) } });
      const config = loadSettings(settings, {
        CREDENTIAL_ENCRYPTION_KEY: key,
        NOTIFICATION_TIMEOUT_MS: '10000',
        ...env,
      });
      const role = await start(config, { kafka, logger, metrics, ...deps });
      let alive = true;
      stops.push(async () => {
        if (alive) await role.stop();
      });
      return {
        kafka,
        metrics,
        role,
        /** kill -9. */
        crash() {
          alive = false;
          broker.crashClient(kafka);
        },
      };
    },
    async channel(type: string, config: object, secrets: Record<string, unknown> = {}) {
      const id = `chan_${randomBytes(12).toString('hex')}`;
      const sealed = await sealCredentials(openKeyRing(new Secret(key)), id, secrets);
      await write(topics.notificationChannels, id, {
        id,
        project_id: 'demo',
        name: `Channel of ${type}`,
        channel_type: type,
        config: JSON.stringify(config),
        sealed_credentials: sealed,
        version: 1,
        created_at: 0,
        updated_at: 0,
      });
      return id;
    },
    /** What alerting would write. It has just happened, unless the call says otherwise. */
    async alert(changes: Partial<Alert>) {
      const alert = testAlert({ happened_at: Date.now() * 1000, ...changes });
      await write(topics.alerts, alert.rule_id, alert);
      return alert;
    },
    /** The delivery log: the last value of each key. */
    async log(): Promise<Notification[]> {
      const found = new Map<string, Notification>();
      for (let partition = 0; partition < topics.notifications.partitions; partition += 1) {
        const all = readPartition(client, topics.notifications.name, partition, new AbortController().signal);
        for await (const records of all) {
          for (const { key: name, value } of records) {
            if (name && value) found.set(name.toString(), topics.notifications.codec.decode(value));
          }
        }
      }
      return [...found.values()];
    },
    async stop() {
      await Promise.all(stops.map((each) => each()));
      await client.close();
    },
  };
}

export type TestStack = Awaited<ReturnType<typeof startTestStack>>;
