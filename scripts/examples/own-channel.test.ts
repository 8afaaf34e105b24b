import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelKind } from '@tailrace/channels/channel.ts';
import { testAlert } from '@tailrace/channels/test-alerts.ts';
import { loadSettings } from '@tailrace/config/environment.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { sealCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { settings } from '@tailrace/notifier/config.ts';
import { start } from '@tailrace/notifier/start.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, expect, it } from 'vitest';
import { logFile } from './own-channel.ts';

const directory = mkdtempSync(join(tmpdir(), 'own-channel-'));
const cleanUp = new AsyncDisposableStack();
afterEach(async () => {
  await cleanUp.disposeAsync();
  rmSync(directory, { recursive: true });
});

it('the example sends alerts through a kind of channel of one’s own, beside the usual ones, in an embedded notifier', async () => {
  const file = join(directory, 'alerts.log');
  const kafka = memoryBroker().connect();
  cleanUp.defer(() => kafka.close());
  await kafka.admin.createTopics(Object.values(topics));
  const key = Buffer.alloc(32, 5).toString('base64url');
  const notifier = await start(loadSettings(settings, { CREDENTIAL_ENCRYPTION_KEY: key }), {
    kafka,
    logger: createLogger({ level: 'silent' }),
    metrics: new Metrics(),
    extensions: { channelKinds: [channelKind(logFile)] },
  });
  cleanUp.defer(() => notifier.stop());

  const id = 'chan_example';
  const producer = await kafka.producer();
  const channel = topics.notificationChannels.codec.encode({
    id,
    project_id: 'demo',
    name: 'example',
    channel_type: logFile.type,
    config: JSON.stringify({ file }),
    sealed_credentials: await sealCredentials(openKeyRing(new Secret(key)), id, { pager_code: 'hunter2' }),
    version: 1,
    created_at: 0,
    updated_at: 0,
  });
  const { name, partitions } = topics.notificationChannels;
  await producer.send([{ topic: name, partition: partitionFor(id, partitions), key: Buffer.from(id), value: channel }]);
  const alert = testAlert({ happened_at: Date.now() * 1000, notification_channels: ['in_app', id] });
  const value = topics.alerts.codec.encode(alert);
  await producer.send([{ topic: topics.alerts.name, partition: 0, key: Buffer.from(alert.rule_id), value }]);
  await producer.close();

  const lines = () => {
    try {
      return readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
    } catch {
      return [];
    }
  };
  await expect.poll(lines, { timeout: 20_000 }).toHaveLength(1);
  expect(lines()[0]).toMatch(/^ntf_[0-9a-f]{32} \[FIRING\] high: Checkout errors \(paged\)$/);
});
