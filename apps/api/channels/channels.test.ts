import { notificationKey } from '@tailrace/channels/notification-key.ts';
import { startReceiver } from '@tailrace/channels/test-receiver.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newChannel, startTestApi, type TestApi, tokenFor } from '../test-api.ts';

let api: TestApi;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeEach(async () => {
  receiver = await startReceiver();
  api = await startTestApi({ allowedChannelHosts: [receiver.host] });
});
afterEach(async () => {
  await api.close();
  await receiver.close();
});

const create = (body: object = newChannel()) => api.call('/channels', { method: 'POST', body });
const secret = 'hunter2-hunter2-hunter2';

async function write<Value>(topic: TopicSpec<Value>, key: string, value: Value, partitionKey = key) {
  const producer = await api.kafka.producer();
  const partition = partitionFor(partitionKey, topic.partitions);
  await producer.send([{ topic: topic.name, partition, key: Buffer.from(key), value: topic.codec.encode(value) }]);
  await producer.close();
}

describe('a channel', () => {
  it('is created, read, listed, changed and deleted; its secrets never come back', async () => {
    const created = await create();
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      id: expect.stringMatching(/^chan_[0-9a-f]{24}$/),
      channel_config: {},
      secrets_set: ['url', 'signing_secret'],
      version: 1,
    });
    const { id } = created.body;
    expect(created.headers.get('location')).toBe(`/api/v1/live-logs/channels/${id}`);
    expect((await api.call(`/channels/${id}`)).headers.get('etag')).toBe('"1"');
    expect((await api.call('/channels/demo')).body.channels).toHaveLength(1);
    const changed = await api.call(`/channels/${id}`, {
      method: 'PUT',
      body: { channel_config: { url: 'https://hooks.example/other', signing_secret: secret } },
      headers: { 'if-match': '"1"' },
    });
    expect(changed.body).toMatchObject({ version: 2, secrets_set: ['url', 'signing_secret'] });
    const stale = await api.call(`/channels/${id}`, {
      method: 'PUT',
      body: { channel_name: 'x' },
      headers: { 'if-match': '"1"' },
    });
    expect(stale.status).toBe(412);
    const without = await api.call(`/channels/${id}`, {
      method: 'PUT',
      body: { channel_config: { signing_secret: null } },
    });
    expect(without.body).toMatchObject({ version: 3, secrets_set: ['url'] });
    expect((await api.call(`/channels/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await api.call(`/channels/${id}`)).status).toBe(404);
    const everything = [created, changed, without].map(({ text }) => text).join('') + api.logLines.join('');
    expect(everything).not.toMatch(/hunter2|hooks\.example/);
  });

  it('that was stored before its address counted as a secret shows it to nobody, and keeps it', async () => {
    const { id } = (await create()).body;
    const { table } = api.channels;
    const old = {
      ...table.get(id)!,
      config: '{"url":"https://hooks.example/T0KEN"}',
      sealed_credentials: null,
      version: 2,
    };
    await write(topics.notificationChannels, id, old);
    await table.until(id, (value) => value?.version === 2, AbortSignal.timeout(20_000));
    expect((await api.call(`/channels/${id}`)).body).toMatchObject({ channel_config: {}, secrets_set: ['url'] });
    const edited = await api.call(`/channels/${id}`, { method: 'PUT', body: { channel_config: {} } });
    expect([edited.status, edited.body.secrets_set]).toEqual([200, ['url']]);
    expect(table.get(id)).toMatchObject({ config: '{}', sealed_credentials: expect.stringMatching(/^eyJ/) });
  });

  it.each([
    ['a private address', { url: 'https://10.0.0.1/x' }, 'url'],
    ['a metadata service', { url: 'http://169.254.169.254/latest' }, 'url'],
    ['an address in decimal', { url: 'https://2130706433/' }, 'url'],
    ['a file', { url: 'file:///etc/passwd' }, 'url'],
    ['a password in the address', { url: 'https://a:b@hooks.example/' }, 'url'],
    ['no address', { url: undefined }, 'url'],
    ['a short secret', { signing_secret: 'short' }, 'signing_secret'],
    ['a line end in a secret', { bearer_token: 'a\r\nX: y' }, 'bearer_token'],
    ['a field nobody knows', { sining_secret: secret }, 'sining_secret'],
  ])('with %s is refused, naming the field and no value', async (_, config, field) => {
    const { status, body, text } = await create(newChannel(config));
    expect([status, body.errors?.[0]?.field]).toEqual([422, `body.channel_config.${field}`]);
    expect(text).not.toContain(secret);
  });

  it('of an unknown type, or with a taken name, is refused', async () => {
    const unknown = await create(newChannel({}, { channel_type: 'pigeon' }));
    expect(unknown.body.errors).toEqual([{ field: 'body.channel_type', message: expect.stringContaining('webhook') }]);
    await create();
    expect((await create()).body.errors[0].field).toBe('body.channel_name');
    expect((await create(newChannel({}, { channel_name: 'in_app' }))).status).toBe(422);
  });

  it('that a rule names is not deleted', async () => {
    const { id } = (await create()).body;
    const rule: AlertRule = {
      id: 'rule_1',
      project_id: 'demo',
      name: 'Checkout errors',
      alert_type: 'log_level',
      severity: 'high',
      enabled: true,
      conditions: '{}',
      filter: null,
      group_by: null,
      cooldown_minutes: 1,
      notification_channels: ['in_app', id],
      revision: 1,
      version: 1,
      created_at: 0,
      updated_at: 0,
    };
    await write(topics.alertRules, rule.id, rule);
    await expect.poll(async () => (await api.call(`/channels/${id}`, { method: 'DELETE' })).status).toBe(409);
    const { body } = await api.call(`/channels/${id}`, { method: 'DELETE' });
    expect(body.detail).toContain('Checkout errors');
  });

  it('is sealed: what Kafka holds reveals no secret, and every process finds it sealed with the newest key', async () => {
    const broker = memoryBroker();
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
    const first = await startTestApi({ broker, keys: openKeyRing(new Secret(key(1))) });
    const { id } = (await first.call('/channels', { method: 'POST', body: newChannel() })).body;
    const sealed = first.channels.table.get(id)?.sealed_credentials ?? '';
    expect(sealed).toMatch(/^eyJ/);
    for await (const records of readPartition(
      first.kafka,
      topics.notificationChannels.name,
      partitionFor(id, topics.notificationChannels.partitions),
      new AbortController().signal,
    )) {
      for (const { value } of records) expect(value?.includes(secret)).toBe(false);
    }
    await first.close();
    const second = await startTestApi({ broker, keys: openKeyRing(new Secret(`${key(2)},${key(1)}`)) });
    const answer = await second.call('/credentials/rotate', { method: 'POST', token: await tokenFor('admin') });
    expect(answer.body).toEqual({ resealed: 1, unchanged: 0, failed: [] });
    expect(second.channels.table.get(id)?.sealed_credentials).not.toBe(sealed);
    await second.close();
  });
});

describe('the test of a channel', () => {
  const test = async (config: object) => {
    const { id } = (await create(newChannel({ url: `${receiver.url}/hook`, ...config }))).body;
    return api.call(`/channels/${id}/test`, { method: 'POST' });
  };

  it('really sends, and says what was answered', async () => {
    expect((await test({})).body).toEqual({ status: 'success', message: 'Test message sent: 200 ok' });
    const [request] = receiver.received;
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ version: '4', commonLabels: { test: 'true' } });
    expect(request?.headers['x-tailrace-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
  });

  it.each([
    [401, 422],
    [404, 422],
    [302, 422],
    [500, 502],
    [503, 503],
  ])('answers %i of the other side with a problem %i', async (answered, expected) => {
    receiver.react(() => ({
      status: answered,
      body: `no, not with ${secret}`,
      headers: { location: 'http://127.0.0.1/' },
    }));
    const { status, body, text } = await test({});
    expect([status, body.detail]).toEqual([expected, expect.stringContaining(`${answered} no, not with [redacted]`)]);
    expect(text).not.toContain(secret);
  });

  it('says so when nobody answers', async () => {
    await api.close();
    api = await startTestApi({ allowedChannelHosts: [receiver.host], notificationTimeoutMs: 300 });
    receiver.react(() => 'hang');
    expect([502, 504]).toContain((await test({})).status);
  });
});

describe('the delivery log', () => {
  const base: Notification = {
    id: 'ntf_1',
    project_id: 'demo',
    alert_id: 'alert_1',
    rule_id: 'rule_1',
    channel_id: 'chan_1',
    channel_name: 'On call',
    channel_type: 'webhook',
    transition: 'fired',
    sequence: 1,
    alert: Buffer.from('the alert'),
    status: 'failed',
    resends: 0,
    attempts: 3,
    last_answer: '500 no',
    created_at: 1_000_000,
    next_attempt_at: null,
    deadline_at: 2_000_000,
    sent_at: null,
    grouped_into: null,
  };
  const save = async (changes: Partial<Notification>) => {
    const value = { ...base, ...changes };
    await write(topics.notifications, notificationKey(value), value, value.channel_id);
    await api.notifications.table.until(
      notificationKey(value),
      (each) => each?.id === value.id,
      AbortSignal.timeout(20_000),
    );
  };

  it('lists what was sent about an alert in the order of time, to its project alone', async () => {
    await save({ id: 'ntf_2', transition: 'resolved', created_at: 3_000_000, status: 'sent', sent_at: 4_000_000 });
    await save({});
    const { body } = await api.call('/alerts/alert_1/notifications');
    expect(body.notifications).toMatchObject([
      { id: 'ntf_1', status: 'failed', attempts: 3, last_answer: '500 no', created_at: '1970-01-01T00:00:01.000Z' },
      { id: 'ntf_2', transition: 'resolved', sent_at: '1970-01-01T00:00:04.000Z' },
    ]);
    const foreign = await api.call('/alerts/alert_1/notifications', { token: await tokenFor('admin', ['other']) });
    expect(foreign.status).toBe(404);
  });

  it('puts a failed one into the outbox again, whole, and refuses one that waits', async () => {
    await save({});
    const { status, body } = await api.call('/notifications/ntf_1/resend', { method: 'POST' });
    expect([status, body]).toMatchObject([202, { id: 'ntf_1', status: 'pending', attempts: 0, last_answer: null }]);
    const { codec, name, partitions } = topics.notifications;
    const written: Notification[] = [];
    const partition = partitionFor(base.channel_id, partitions);
    for await (const records of readPartition(api.kafka, name, partition, new AbortController().signal)) {
      for (const { value } of records) if (value) written.push(codec.decode(value));
    }
    expect(written.at(-1)).toMatchObject({ resends: 1, alert: Buffer.from('the alert') });
    expect((await api.call('/notifications/ntf_1/resend', { method: 'POST' })).status).toBe(409);
  });
});
