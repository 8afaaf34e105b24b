import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testAlert } from '@tailrace/channels/test-alerts.ts';
import { type Received, startReceiver } from '@tailrace/channels/test-receiver.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import { readPartition } from '@tailrace/stream/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RoleProcess } from './role-process.ts';

const kills = Number(process.env.CHAOS_KILLS ?? 50);
const topicPrefix = `notifier-${randomBytes(4).toString('hex')}-`;
const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
const directory = mkdtempSync(join(tmpdir(), 'notifier-'));

let kafka: Kafka;
beforeAll(async () => {
  kafka = await openKafka({ brokers: brokers.split(','), topicPrefix, logger: createLogger({ level: 'silent' }) });
  await kafka.admin.createTopics(Object.values(topics));
});
afterAll(async () => {
  await kafka.close();
  await deleteTestTopics(topicPrefix);
  rmSync(directory, { recursive: true });
});

async function write<Value>(topic: TopicSpec<Value>, values: readonly (readonly [key: string, value: Value])[]) {
  const producer = await kafka.producer();
  await producer.send(
    values.map(([key, value]) => ({
      topic: topic.name,
      partition: partitionFor(key, topic.partitions),
      key: Buffer.from(key),
      value: topic.codec.encode(value),
    })),
  );
  await producer.close();
}

async function deliveryLog(): Promise<Map<string, Notification>> {
  const found = new Map<string, Notification>();
  for (let partition = 0; partition < topics.notifications.partitions; partition += 1) {
    const all = readPartition(kafka, topics.notifications.name, partition, new AbortController().signal);
    for await (const records of all) {
      for (const { key, value } of records) {
        if (key && value) found.set(key.toString(), topics.notifications.codec.decode(value));
      }
    }
  }
  return found;
}

/** A mail server; what arrived, by Message-ID. */
async function startMailServer() {
  const received: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, callback) => {
      let mail = '';
      stream.on('data', (part) => {
        mail += part;
      });
      stream.on('end', () => {
        received.push(mail);
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  const listening = await new Promise<ReturnType<typeof server.listen>>((resolve) => {
    const made = server.listen(0, '127.0.0.1', () => resolve(made));
  });
  const address = listening.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { received, port, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

it(`after ${kills} kill -9 under load each transition has arrived once, at most one repeat a kill and channel, or is recorded as failed`, async () => {
  const well = await startReceiver();
  const mail = await startMailServer();
  // Fails, is throttled, hangs and breaks off by turns; a repeat after a broken answer is the other side's doing.
  const moody = await startReceiver((_, count) => {
    const moods = [{ status: 500 }, { status: 429, headers: { 'retry-after': '1' } }, 'hang', { status: 200 }] as const;
    return moods[count % moods.length] ?? { status: 200 };
  });
  const redirecting = await startReceiver(() => ({ status: 302, headers: { location: `${well.url}/stolen` } }));
  const configs: readonly (readonly [id: string, type: string, config: object])[] = [
    ['chan_well_1', 'webhook', { url: `${well.url}/1` }],
    ['chan_well_2', 'webhook', { url: `${well.url}/2` }],
    ['chan_slack', 'slack', { webhook_url: `${well.url}/slack` }],
    [
      'chan_mail',
      'email',
      { from: 'a@example.com', to: ['b@example.com'], smtp_host: '127.0.0.1', smtp_port: mail.port, smtp_tls: 'none' },
    ],
    ['chan_moody', 'webhook', { url: moody.url }],
    ['chan_redirect', 'webhook', { url: redirecting.url }],
  ];
  const channels = configs.map(([id, channel_type, config]) => {
    const channel = { id, project_id: 'demo', name: id, channel_type, config: JSON.stringify(config) };
    return [id, { ...channel, sealed_credentials: null, version: 1, created_at: 0, updated_at: 0 }] as const;
  });
  await write(topics.notificationChannels, channels);

  const env = {
    KAFKA_BROKERS: brokers,
    TOPIC_PREFIX: topicPrefix,
    CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    NOTIFICATION_ENDPOINT_ALLOWLIST: [well.host, moody.host, redirecting.host, `127.0.0.1:${mail.port}`].join(','),
    NOTIFICATION_CHANNEL_RATE: '6000',
    NOTIFICATION_CHANNEL_BURST: '20',
    NOTIFICATION_TIMEOUT_MS: '500',
    LOG_LEVEL: 'info',
  };
  const processes = await Promise.all(
    ['a', 'b'].map((name) => RoleProcess.create('notifier', `notifier-${name}`, env, directory)),
  );
  for (const each of processes) each.start();
  await Promise.all(processes.map((each) => each.ready()));

  let alerts = 0;
  let killing = true;
  const load = (async () => {
    while (killing) {
      const batch = Array.from({ length: 3 }, () => {
        alerts += 1;
        const base = testAlert({
          id: `alert_${alerts}`,
          rule_id: `rule_${alerts % 7}`,
          happened_at: Date.now() * 1000,
          notification_channels: ['in_app', ...configs.map(([id]) => id)],
        });
        const resolved = {
          ...base,
          sequence: 2,
          event: 'resolved',
          status: 'resolved',
          resolution: 'condition_ended',
        } as const;
        return [[base.rule_id, base] as const, [base.rule_id, resolved] as const];
      });
      await write(topics.alerts, batch.flat());
      await delay(400);
    }
  })();
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = processes[kill % processes.length]!;
    // Node itself takes most of this to start; a kill while it starts is one that nobody notices.
    await delay(200 + Math.random() * 1000);
    await victim.kill9();
    victim.start();
  }
  killing = false;
  await load;

  const pending = async () => [...(await deliveryLog()).values()].filter(({ status }) => status === 'pending').length;
  const expected = alerts * 2 * configs.length;
  await expect.poll(async () => (await deliveryLog()).size, { timeout: 60_000, interval: 200 }).toBe(expected);
  await expect.poll(pending, { timeout: 90_000, interval: 500 }).toBe(0);
  await Promise.all(processes.map((each) => each.stop()));

  const log = [...(await deliveryLog()).values()];
  console.log(
    `${kills} kills, ${alerts} alerts: ${log.length} notifications, ` +
      `${well.received.length + mail.received.length} messages at the quiet receivers, ${moody.received.length} at the moody one`,
  );
  const by = (channel: string) => log.filter(({ channel_id }) => channel_id === channel);
  expect(new Set(by('chan_redirect').map(({ status }) => status))).toEqual(new Set(['failed']));
  expect(well.received.filter(({ path }) => path === '/stolen')).toEqual([]);
  for (const id of ['chan_well_1', 'chan_well_2', 'chan_slack', 'chan_mail', 'chan_moody']) {
    expect(new Set(by(id).map(({ status }) => status)), id).toEqual(new Set(['sent']));
  }

  // Every one arrived, and every repeat is of a message that was in flight when its sender was killed.
  const idsIn = ({ body }: Received): string[] =>
    JSON.parse(body).alerts.map(
      (each: { annotations: { notification_id: string } }) => each.annotations.notification_id,
    );
  for (const [path, channel] of [
    ['/1', 'chan_well_1'],
    ['/2', 'chan_well_2'],
  ] as const) {
    const received = well.received.filter((each) => each.path === path);
    const keys = received.map(({ headers }) => String(headers['idempotency-key']));
    const once = new Map(received.map((each) => [String(each.headers['idempotency-key']), each]));
    const told = [...once.values()].flatMap(idsIn);
    expect(told.sort()).toEqual(
      by(channel)
        .map(({ id }) => id)
        .sort(),
    );
    expect(keys.length - once.size).toBeLessThanOrEqual(kills);
    console.log(`${channel}: ${received.length} messages, ${keys.length - once.size} repeats`);
  }
  const moodyIds = new Set(moody.received.flatMap(idsIn));
  expect(by('chan_moody').filter(({ id }) => !moodyIds.has(id))).toEqual([]);
  const messageIds = mail.received.map((each) => /^Message-ID: <([^@>]+)@/im.exec(each)?.[1] ?? '');
  expect(messageIds.length - new Set(messageIds).size).toBeLessThanOrEqual(kills);
  const leaders = new Set(by('chan_mail').map(({ id, grouped_into }) => grouped_into ?? id));
  expect(new Set(messageIds.map((id) => id.replace(/-and-\d+$/, '')))).toEqual(leaders);
  await Promise.all([well.close(), moody.close(), redirecting.close(), mail.close()]);
}, 400_000);
