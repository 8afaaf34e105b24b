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
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RoleProcess } from './role-process.ts';

const kills = Number(process.env.CHAOS_KILLS ?? 50);
/** A killed member holds its group up for a session of 6 s, so several installations are killed side by side. */
const lanes = 5;
const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
const directory = mkdtempSync(join(tmpdir(), 'notifier-'));

type Receiver = Awaited<ReturnType<typeof startReceiver>>;
type MailServer = Awaited<ReturnType<typeof startMailServer>>;

let well: Receiver;
let moody: Receiver;
let redirecting: Receiver;
let mail: MailServer;
beforeAll(async () => {
  well = await startReceiver();
  mail = await startMailServer();
  // Each message fails, is throttled and hangs before it is taken.
  const moods = [{ status: 500 }, { status: 429, headers: { 'retry-after': '1' } }, 'hang'] as const;
  const asked = new Map<string, number>();
  moody = await startReceiver(({ headers }) => {
    const key = String(headers['idempotency-key']);
    const times = asked.get(key) ?? 0;
    asked.set(key, times + 1);
    return moods[times] ?? { status: 200 };
  });
  redirecting = await startReceiver(() => ({ status: 302, headers: { location: `${well.url}/stolen` } }));
});
afterAll(async () => {
  await Promise.all([well.close(), moody.close(), redirecting.close(), mail.close()]);
  rmSync(directory, { recursive: true });
});

/** A mail server, and what arrived. */
async function startMailServer() {
  const received: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: async (stream, _session, callback) => {
      // Clients are killed in the middle of what they say: that is no mail then.
      const mail = await stream.toArray().catch(() => undefined);
      if (mail) received.push(Buffer.concat(mail).toString());
      callback();
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

/** One installation: its topics, its notifier, and what is written for it. */
class Lane {
  readonly topicPrefix: string;
  readonly name: string;
  readonly channels: readonly string[];
  alerts = 0;
  readonly kafka: Kafka;
  readonly notifier: RoleProcess;

  private constructor(name: string, kafka: Kafka, notifier: RoleProcess, topicPrefix: string) {
    this.name = name;
    this.kafka = kafka;
    this.notifier = notifier;
    this.topicPrefix = topicPrefix;
    this.channels = ['1', '2', 'mail', 'moody', 'redirect'].map((kind) => `chan_${name}_${kind}`);
  }

  static async start(name: string): Promise<Lane> {
    const topicPrefix = `notifier-${name}-${randomBytes(4).toString('hex')}-`;
    const logger = createLogger({ level: 'silent' });
    const kafka = await openKafka({ brokers: brokers.split(','), topicPrefix, logger });
    // The process makes the others.
    await kafka.admin.createTopics([topics.notificationChannels, topics.alerts, topics.notifications]);
    const allowed = [well.host, moody.host, redirecting.host, `127.0.0.1:${mail.port}`];
    const env = {
      KAFKA_BROKERS: brokers,
      TOPIC_PREFIX: topicPrefix,
      CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
      NOTIFICATION_ENDPOINT_ALLOWLIST: allowed.join(','),
      NOTIFICATION_CHANNEL_RATE: '1200',
      NOTIFICATION_CHANNEL_BURST: '10',
      NOTIFICATION_TIMEOUT_MS: '1000',
    };
    const notifier = await RoleProcess.create('notifier', `notifier-${name}`, env, directory);
    const lane = new Lane(name, kafka, notifier, topicPrefix);
    const smtp = { smtp_host: '127.0.0.1', smtp_port: mail.port, smtp_tls: 'none' };
    const configs: Readonly<Record<string, readonly [type: string, config: object]>> = {
      1: ['webhook', { url: `${well.url}/${name}/1` }],
      2: ['webhook', { url: `${well.url}/${name}/2` }],
      mail: ['email', { from: `${name}@example.com`, to: ['b@example.com'], ...smtp }],
      moody: ['webhook', { url: `${moody.url}/${name}` }],
      redirect: ['webhook', { url: redirecting.url }],
    };
    const stored = Object.entries(configs).map(([kind, [channel_type, config]]) => {
      const id = `chan_${name}_${kind}`;
      const channel = { id, project_id: 'demo', name: id, channel_type, config: JSON.stringify(config) };
      return [id, { ...channel, sealed_credentials: null, version: 1, created_at: 0, updated_at: 0 }] as const;
    });
    await lane.write(topics.notificationChannels, stored);
    notifier.start();
    await notifier.ready();
    return lane;
  }

  async write<Value>(topic: TopicSpec<Value>, values: readonly (readonly [key: string, value: Value])[]) {
    const producer = await this.kafka.producer();
    const records = values.map(([key, value]) => ({
      topic: topic.name,
      partition: partitionFor(key, topic.partitions),
      key: Buffer.from(key),
      value: topic.codec.encode(value),
    }));
    await producer.send(records).finally(() => producer.close());
  }

  /** An alert that fires and is over. */
  async alert(): Promise<void> {
    this.alerts += 1;
    const fired = testAlert({
      id: `alert_${this.name}_${this.alerts}`,
      rule_id: `rule_${this.alerts % 7}`,
      happened_at: Date.now() * 1000,
      notification_channels: ['in_app', ...this.channels],
    });
    const end = { sequence: 2, event: 'resolved', status: 'resolved', resolution: 'condition_ended' } as const;
    await this.write(topics.alerts, [
      [fired.rule_id, fired],
      [fired.rule_id, { ...fired, ...end }],
    ]);
  }

  /** The last value of each key. */
  async deliveryLog(): Promise<Notification[]> {
    const found = new Map<string, Notification>();
    for (let partition = 0; partition < topics.notifications.partitions; partition += 1) {
      const all = readPartition(this.kafka, topics.notifications.name, partition, new AbortController().signal);
      for await (const records of all) {
        for (const { key, value } of records) {
          if (key && value) found.set(key.toString(), topics.notifications.codec.decode(value));
        }
      }
    }
    return [...found.values()];
  }

  received(kind: '1' | '2'): Received[] {
    return well.received.filter(({ path }) => path === `/${this.name}/${kind}`);
  }

  mails(): string[] {
    return mail.received.filter((each) => each.includes(`From: ${this.name}@example.com`));
  }

  /** Kills while messages are under way, under load, and has it settle. */
  async run(times: number): Promise<void> {
    for (let kill = 0; kill < times; kill += 1) {
      const before = this.received('1').length + this.received('2').length;
      const until = Date.now() + 60_000;
      let waitMs = 150;
      // At work since its last start: a kill of one that only waits for its group would try nothing.
      while (this.received('1').length + this.received('2').length < before + 3 && Date.now() < until) {
        await this.alert();
        // One that takes long to come back is not buried under alerts meanwhile.
        await delay(waitMs);
        waitMs = Math.min(2000, waitMs + 20);
      }
      await delay(Math.random() * 300);
      await this.notifier.kill9();
      this.notifier.start();
    }
    const expected = this.alerts * 2 * this.channels.length;
    const done = async () => (await this.deliveryLog()).filter(({ status }) => status !== 'pending').length;
    await expect.poll(done, { timeout: 300_000, interval: 2000 }).toBe(expected);
    await this.notifier.stop();
  }

  async stop(): Promise<void> {
    await this.notifier.stop();
    await this.kafka.close();
    await deleteTestTopics(this.topicPrefix);
  }
}

const idsIn = ({ body }: Received): string[] =>
  JSON.parse(body).alerts.map((each: { annotations: { notification_id: string } }) => each.annotations.notification_id);

it(`after ${kills} kill -9 under load each transition has arrived once, at most one repeat a kill and channel, or is recorded as failed`, async () => {
  const all: Lane[] = [];
  try {
    // One after the other: a broker of tests takes its time for so many topics.
    for (let index = 0; index < lanes; index += 1) all.push(await Lane.start(`lane${index}`));
    await Promise.all(all.map((lane) => lane.run(Math.ceil(kills / lanes))));
    for (const lane of all) await check(lane, Math.ceil(kills / lanes));
  } finally {
    await Promise.all(all.map((lane) => lane.stop()));
  }
  expect(well.received.filter(({ path }) => path === '/stolen')).toEqual([]);
}, 900_000);

async function check(lane: Lane, killed: number): Promise<void> {
  const log = await lane.deliveryLog();
  const by = (kind: string) => log.filter(({ channel_id }) => channel_id === `chan_${lane.name}_${kind}`);
  const statuses = (kind: string) => [...new Set(by(kind).map(({ status }) => status))];
  expect(statuses('redirect')).toEqual(['failed']);
  for (const kind of ['1', '2', 'mail', 'moody']) expect(statuses(kind), kind).toEqual(['sent']);

  const repeats: number[] = [];
  for (const kind of ['1', '2'] as const) {
    const received = lane.received(kind);
    // A receiver that heeds the key has heard of every transition exactly once.
    const byKey = new Map(received.map((each) => [String(each.headers['idempotency-key']), each]));
    expect([...byKey.values()].flatMap(idsIn).sort()).toEqual(
      by(kind)
        .map(({ id }) => id)
        .sort(),
    );
    repeats.push(received.length - byKey.size);
  }
  const mails = lane.mails().map((each) => /^Message-ID: <([^@>]+)@/im.exec(each)?.[1] ?? '');
  repeats.push(mails.length - new Set(mails).size);
  const leaders = new Set(by('mail').map(({ id, grouped_into }) => grouped_into ?? id));
  expect(new Set(mails.map((id) => id.replace(/-and-\d+$/, '')))).toEqual(leaders);
  for (const each of repeats) expect(each).toBeLessThanOrEqual(killed);

  const told = new Set(moody.received.filter(({ path }) => path === `/${lane.name}`).flatMap(idsIn));
  expect(by('moody').filter(({ id }) => !told.has(id))).toEqual([]);
  const messages = lane.received('1').length + lane.received('2').length + mails.length;
  console.log(
    `${lane.name}: ${killed} kills, ${lane.alerts} alerts, ${log.length} notifications, ${messages} messages, repeats ${repeats}`,
  );
}
