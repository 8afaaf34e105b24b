import { setTimeout as sleep } from 'node:timers/promises';
import { channelKind } from '@tailrace/channels/channel.ts';
import { ChannelError } from '@tailrace/channels/channel-error.ts';
import type { Message } from '@tailrace/channels/message.ts';
import { notificationId, notificationKey } from '@tailrace/channels/notification-key.ts';
import { testAlert } from '@tailrace/channels/test-alerts.ts';
import { startReceiver } from '@tailrace/channels/test-receiver.ts';
import { manualClock } from '@tailrace/kafka/memory/clock.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { Extensions } from '@tailrace/role/extensions.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestStack, type TestStack } from './test-notifier.ts';

type Receiver = Awaited<ReturnType<typeof startReceiver>>;

let stack: TestStack;
let receiver: Receiver;
beforeEach(async () => {
  stack = await startTestStack();
  receiver = await startReceiver();
});
afterEach(async () => {
  await stack.stop();
  await receiver.close();
});

const until = { timeout: 20_000, interval: 10 };
const allowed = (...receivers: Receiver[]) => ({
  NOTIFICATION_ENDPOINT_ALLOWLIST: receivers.map(({ host }) => host).join(','),
});
const webhook = (to: Receiver = receiver) => stack.channel('webhook', { url: `${to.url}/hook` });
const keys = (to: Receiver = receiver) => to.received.map(({ headers }) => headers['idempotency-key']);
const states = async () => (await stack.log()).map(({ status }) => status).sort();

/** A channel whose other side is a function of the test. */
function scripted(send: (message: Message, signal: AbortSignal) => Promise<string>): Extensions {
  const kind = channelKind({
    type: 'scripted',
    configSchema: z.strictObject({}),
    fields: {},
    endpoints: () => [],
    open: () => ({ send: async (message, { signal }) => ({ answer: await send(message, signal) }) }),
  });
  return { channelKinds: [kind] };
}

describe('transitions', () => {
  it('are sent once to each channel, an end for whatever reason among them; updates and reads are sent to nobody', async () => {
    const channel = await webhook();
    const on = { notification_channels: ['in_app', channel, channel] };
    await stack.notifier(allowed(receiver));
    await stack.alert({ ...on, sequence: 1 });
    await stack.alert({ ...on, sequence: 2, event: 'updated' });
    await stack.alert({ ...on, sequence: 2, event: 'read', read_by: 'ada' });
    const resolved = { ...on, event: 'resolved', status: 'resolved' } as const;
    await stack.alert({ ...resolved, sequence: 3, resolution: 'condition_ended' });
    const reasons = ['rule_changed', 'rule_disabled', 'rule_deleted', 'connection_deleted'];
    for (const resolution of reasons) {
      await stack.alert({ ...resolved, id: `alert_${resolution}`, sequence: 3, resolution });
    }
    await stack.alert({ ...resolved, id: 'alert_a', sequence: 3, resolution: 'continued', notification_channels: [] });
    await stack.alert({ ...on, id: 'alert_next', event: 'escalated', continues: 'alert_a', sequence: 4 });
    await expect.poll(states, until).toEqual(Array<string>(7).fill('sent'));
    const alerts = receiver.received.flatMap(({ body }) => JSON.parse(body).alerts);
    const said = alerts.map(({ fingerprint, status, annotations }) =>
      [fingerprint, status, annotations.resolution].filter(Boolean).join(' '),
    );
    const { id } = testAlert();
    // What keeps alerts by fingerprint gets the end of the one that goes on as another, too.
    expect(said.sort()).toEqual(
      [
        `${id} firing`,
        `${id} resolved condition_ended`,
        ...reasons.map((reason) => `alert_${reason} resolved ${reason}`),
        'alert_a resolved',
        'alert_next firing',
      ].sort(),
    );
    const [first] = await stack.log();
    expect(first).toMatchObject({ attempts: 1, last_answer: '200 ok', channel_type: 'webhook', grouped_into: null });
    expect(keys()).toContain(first?.id);
  });

  it('announced again are not sent again, and the delivery log stays as it was', async () => {
    const channel = await webhook();
    await stack.notifier(allowed(receiver));
    const alert = await stack.alert({ notification_channels: [channel] });
    await expect.poll(states, until).toEqual(['sent']);
    await stack.write(topics.alerts, alert.rule_id, alert);
    await stack.alert({ id: 'alert_later', notification_channels: [channel] });
    await expect.poll(() => receiver.received.length, until).toBe(2);
    await expect.poll(states, until).toEqual(['sent', 'sent']);
    expect(new Set(keys()).size).toBe(2);
  });

  it('that are long over when the notifier comes to them are recorded as failed and wake nobody', async () => {
    const channel = await webhook();
    await stack.alert({ notification_channels: [channel], happened_at: (Date.now() - 86_400_000) * 1000 });
    await stack.notifier(allowed(receiver));
    await expect.poll(states, until).toEqual(['failed']);
    expect((await stack.log())[0]).toMatchObject({ attempts: 0, last_answer: 'not sent before its deadline' });
    expect(receiver.received).toEqual([]);
  });
});

it('an alert is sent at once, although the clock of the process that decided it is ahead of ours', async () => {
  const clock = manualClock(Date.now());
  const channel = await webhook();
  await stack.notifier(allowed(receiver), { clock });
  await stack.alert({ notification_channels: [channel], happened_at: (clock.now() + 90_000) * 1000 });
  await expect.poll(states, until).toEqual(['sent']);
});

it('a clock that is ahead holds up neither the attempt after a failed one, nor a resend', async () => {
  const clock = manualClock(Date.now());
  const [begin, ahead] = [clock.now(), (clock.now() + 90_000) * 1000];
  let asked = 0;
  const kinds = scripted(async () => {
    asked += 1;
    if (asked === 1) throw new ChannelError('busy', '503 later');
    return 'ok';
  });
  const channel = await stack.channel('scripted', {});
  await stack.notifier({}, { extensions: kinds, clock });
  await stack.alert({ notification_channels: [channel], happened_at: ahead });
  await expect.poll(async () => (await stack.log())[0]?.last_answer, until).toBe('503 later');
  const passing = async () => {
    if (clock.now() < begin + 10_000) clock.advance(100);
    return states();
  };
  await expect.poll(passing, until).toEqual(['sent']);
  const [sent] = await stack.log();
  if (sent === undefined) throw new Error('not sent');
  const again = { ...sent, status: 'pending', resends: 1, attempts: 0, next_attempt_at: ahead } as const;
  await stack.write(topics.notifications, notificationKey(sent), again, channel);
  await expect.poll(() => asked, until).toBe(3);
});

it('a storm of ends goes to a slow Jira in messages that it can finish, with one comment on each issue', async () => {
  const labels = new Map<string, string[]>();
  const comments: string[] = [];
  receiver.react(async ({ method, path, body }) => {
    // One message of all 40 would take 7 s, one of ten takes 2.
    await sleep(60);
    const key = /alert_(\d+)|issue\/(\d+)/.exec(path)?.slice(1).join('') ?? '';
    const known = labels.get(key) ?? [];
    if (path.endsWith('/comment')) comments.push(key);
    if (method === 'PUT') labels.set(key, [...known, JSON.parse(body).update.labels[0].add]);
    return { status: 200, body: JSON.stringify({ issues: [{ key, fields: { labels: known } }] }) };
  });
  const config = { url: receiver.url, email: 'ops@example.com', project_key: 'OPS' };
  const channel = await stack.channel('jira', config, { api_token: 'hunter2' });
  const ended = { event: 'resolved', status: 'resolved', resolution: 'condition_ended' } as const;
  const ids = Array.from({ length: 40 }, (_, index) => `alert_${index}`);
  for (const id of ids) await stack.alert({ ...ended, id, notification_channels: [channel] });
  const rate = { NOTIFICATION_CHANNEL_RATE: '6000', NOTIFICATION_CHANNEL_BURST: '1' };
  await stack.notifier({ ...allowed(receiver), ...rate, NOTIFICATION_TIMEOUT_MS: '5000' });
  await expect.poll(states, until).toEqual(ids.map(() => 'sent'));
  expect(comments.map((key) => `alert_${key}`).sort()).toEqual([...ids].sort());
  const messages = Map.groupBy(await stack.log(), ({ id, grouped_into }) => grouped_into ?? id);
  expect(Math.max(...[...messages.values()].map((each) => each.length))).toBe(10);
});

describe('an endpoint', () => {
  it('that fails, is throttled, hangs or breaks off is asked again under the same key until it takes it', async () => {
    const reactions = [{ status: 500 }, { status: 429, headers: { 'retry-after': '1' } }, 'hang', 'cut'] as const;
    const times: number[] = [];
    receiver.react((_, count) => {
      times.push(performance.now());
      return reactions[count - 1] ?? { status: 204, body: '' };
    });
    const channel = await webhook();
    await stack.notifier({ ...allowed(receiver), NOTIFICATION_TIMEOUT_MS: '2000' });
    await stack.alert({ notification_channels: [channel] });
    await expect.poll(states, { ...until, timeout: 60_000 }).toEqual(['sent']);
    expect(new Set(keys()).size).toBe(1);
    expect((await stack.log())[0]).toMatchObject({ attempts: 5, last_answer: '204' });
    // Retry-After is heeded to the millisecond that the clock gives.
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThan(990);
  });

  it('that redirects, or does not know us, is not asked again', async () => {
    const channel = await webhook();
    receiver.react(() => ({ status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data/' } }));
    const { metrics } = await stack.notifier(allowed(receiver));
    await stack.alert({ notification_channels: [channel] });
    await expect.poll(states, until).toEqual(['failed']);
    expect((await stack.log())[0]?.last_answer).toContain('redirects are not followed');
    expect(receiver.received).toHaveLength(1);
    expect(await metrics.expose()).toContain('tailrace_notifications_total{channel_type="webhook",status="failed"} 1');
    expect(stack.logLines.some((line) => line.includes('notifications failed'))).toBe(true);
  });

  it('whose answer never ends does not fill the memory', async () => {
    receiver.react(() => 'endless');
    const channel = await webhook();
    await stack.notifier(allowed(receiver));
    await stack.alert({ notification_channels: [channel] });
    await expect.poll(states, until).toEqual(['sent']);
    expect((await stack.log())[0]?.last_answer?.length).toBeLessThan(1000);
  });

  it('that hangs holds up no other channel', async () => {
    const hanging = await startReceiver(() => 'hang');
    const [slow, quick] = [await webhook(hanging), await webhook()];
    await stack.notifier({ ...allowed(receiver, hanging), NOTIFICATION_TIMEOUT_MS: '60000' });
    await stack.alert({ notification_channels: [slow] });
    await expect.poll(() => hanging.received.length, until).toBe(1);
    for (let index = 0; index < 5; index += 1) {
      await stack.alert({ id: `alert_${index}`, notification_channels: [slow, quick] });
    }
    await expect.poll(() => receiver.received.length, until).toBeGreaterThanOrEqual(1);
    await expect.poll(async () => (await states()).filter((each) => each === 'sent').length, until).toBe(5);
    expect(hanging.received).toHaveLength(1);
    await hanging.close();
  });

  it('on a private address is not called, and the log says why', async () => {
    const channel = await webhook();
    await stack.notifier({});
    await stack.alert({ notification_channels: [channel] });
    await expect.poll(states, until).toEqual(['failed']);
    expect((await stack.log())[0]?.last_answer).toContain('NOTIFICATION_ENDPOINT_ALLOWLIST');
    expect(receiver.received).toEqual([]);
  });
});

describe('a channel', () => {
  it('that was deleted fails its notifications', async () => {
    await stack.notifier(allowed(receiver));
    await stack.alert({ notification_channels: ['chan_gone'] });
    await expect.poll(states, until).toEqual(['failed']);
    expect((await stack.log())[0]?.last_answer).toBe('the channel was deleted');
  });

  it('whose secrets were sealed for another one fails, and no secret is in any log', async () => {
    const other = await stack.channel('webhook', { url: receiver.url }, { signing_secret: 'hunter2-hunter2-hunter2' });
    const channel = await webhook();
    const all = stack.client;
    const { name, codec } = topics.notificationChannels;
    const stolen = new Map<string, ReturnType<typeof codec.decode>>();
    const { readPartition } = await import('@tailrace/stream/reading/read-partition.ts');
    for (let partition = 0; partition < topics.notificationChannels.partitions; partition += 1) {
      for await (const records of readPartition(all, name, partition, new AbortController().signal)) {
        for (const { key, value } of records) if (key && value) stolen.set(key.toString(), codec.decode(value));
      }
    }
    const [own, foreign] = [stolen.get(channel), stolen.get(other)];
    if (!own || !foreign) throw new Error('not written');
    await stack.write(topics.notificationChannels, channel, { ...own, sealed_credentials: foreign.sealed_credentials });
    await stack.notifier(allowed(receiver));
    await stack.alert({ notification_channels: [channel] });
    await expect.poll(states, until).toEqual(['failed']);
    await stack.alert({ id: 'alert_2', notification_channels: [other] });
    await expect.poll(states, until).toEqual(['failed', 'sent']);
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.headers['x-tailrace-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
    expect(stack.logLines.join('') + JSON.stringify(await stack.log())).not.toContain('hunter2');
  });

  it('that gets a storm receives few messages, with counts and each alert once', async () => {
    const channel = await webhook();
    for (let index = 0; index < 100; index += 1) {
      await stack.alert({ id: `alert_${index}`, rule_id: `rule_${index % 4}`, notification_channels: [channel] });
    }
    await stack.notifier({ ...allowed(receiver), NOTIFICATION_CHANNEL_RATE: '60', NOTIFICATION_CHANNEL_BURST: '3' });
    await expect.poll(async () => (await states()).filter((each) => each === 'sent').length, until).toBe(100);
    expect(receiver.received.length).toBeLessThan(10);
    const told = receiver.received.flatMap(({ body }) =>
      JSON.parse(body).alerts.map((each: { fingerprint: string }) => each.fingerprint),
    );
    expect(told).toHaveLength(100);
    expect(new Set(told).size).toBe(100);
    const grouped = (await stack.log()).filter(({ grouped_into }) => grouped_into !== null);
    expect(grouped.length).toBeGreaterThan(80);
    expect(
      receiver.received.some(({ body }) =>
        /^\d+ alerts of \d rules?: \d+ fired$/.test(JSON.parse(body).commonAnnotations.summary),
      ),
    ).toBe(true);
  });
});

describe('time', () => {
  it('passes the deadline: the notification is recorded as failed with the last answer', async () => {
    const clock = manualClock(Date.now());
    let asked = 0;
    const kinds = scripted(async () => {
      asked += 1;
      throw new ChannelError('busy', '503 later', { retryAfterMs: 60_000 });
    });
    const channel = await stack.channel('scripted', {});
    await stack.notifier({ NOTIFICATION_DEADLINE_MS: '90000' }, { extensions: kinds, clock });
    await stack.alert({ notification_channels: [channel], happened_at: clock.now() * 1000 });
    await expect.poll(async () => (await stack.log())[0]?.last_answer, until).toBe('503 later');
    clock.advance(59_000);
    expect(asked).toBe(1);
    clock.advance(1001);
    await expect.poll(states, until).toEqual(['failed']);
    expect(asked).toBe(2);
    expect((await stack.log())[0]?.last_answer).toBe('no more time until the deadline: 503 later');
  });

  it('fills the bucket: beyond the burst a channel gets one message each time', async () => {
    const clock = manualClock(Date.now());
    const sizes: number[] = [];
    const kinds = scripted(async ({ items }) => {
      sizes.push(items.length);
      return 'ok';
    });
    const channel = await stack.channel('scripted', {});
    const rate = { NOTIFICATION_CHANNEL_RATE: '1', NOTIFICATION_CHANNEL_BURST: '1' };
    await stack.notifier(rate, { extensions: kinds, clock });
    const fire = (id: string) => stack.alert({ id, notification_channels: [channel], happened_at: clock.now() * 1000 });
    await fire('alert_1');
    await expect.poll(() => sizes, until).toEqual([1]);
    await expect.poll(states, until).toEqual(['sent']);
    for (const id of ['alert_2', 'alert_3', 'alert_4']) await fire(id);
    await expect.poll(states, until).toEqual(['pending', 'pending', 'pending', 'sent']);
    clock.advance(59_000);
    expect(sizes).toEqual([1]);
    await expect
      .poll(() => {
        clock.advance(1001);
        return sizes.reduce((sum, size) => sum + size, 0);
      }, until)
      .toBe(4);
    await expect.poll(states, until).toEqual(['sent', 'sent', 'sent', 'sent']);
    expect(sizes.length).toBeLessThanOrEqual(3);
  });
});

describe('a message that the other side chokes on', () => {
  it('takes no other alert with it', async () => {
    const clock = manualClock(Date.now());
    const kinds = scripted(async ({ items }) => {
      if (items.some(({ alert }) => alert.id === 'alert_5')) throw new ChannelError('message_refused', '400 too odd');
      return 'ok';
    });
    const channel = await stack.channel('scripted', {});
    for (let index = 0; index < 9; index += 1) {
      await stack.alert({ id: `alert_${index}`, notification_channels: [channel], happened_at: clock.now() * 1000 });
    }
    await stack.notifier({ NOTIFICATION_CHANNEL_BURST: '1' }, { extensions: kinds, clock });
    await expect
      .poll(async () => {
        clock.advance(5000);
        return states();
      }, until)
      .toEqual(['failed', ...Array.from({ length: 8 }, () => 'sent')]);
    const failed = (await stack.log()).filter(({ status }) => status === 'failed');
    expect(failed.map(({ alert_id, last_answer }) => [alert_id, last_answer])).toEqual([['alert_5', '400 too odd']]);
  });
});

describe('a process that lost the partition', () => {
  it('sends nothing more and writes nothing more when it wakes up', async () => {
    const channel = await stack.channel('scripted', {});
    const sent = { first: 0, second: 0 };
    const counting = (who: 'first' | 'second') =>
      scripted(async () => {
        sent[who] += 1;
        return who;
      });
    const first = await stack.notifier({}, { extensions: counting('first') });
    await stack.alert({ id: 'alert_0', notification_channels: [channel] });
    await expect.poll(states, until).toEqual(['sent']);
    // Paused, its session over: the others do not hear of it, and it does not hear of them.
    stack.broker.pauseClient(first.kafka);
    const second = await stack.notifier({}, { extensions: counting('second') });
    for (let index = 1; index <= 5; index += 1) {
      await stack.alert({ id: `alert_${index}`, notification_channels: [channel] });
    }
    await expect.poll(async () => (await states()).filter((each) => each === 'sent').length, until).toBe(6);
    stack.broker.resumeClient(first.kafka);
    await stack.alert({ id: 'alert_6', notification_channels: [channel] });
    await expect.poll(async () => (await states()).filter((each) => each === 'sent').length, until).toBe(7);
    // The partitions may move again now that there are two; each transition has been sent once by one of them.
    expect(sent.first + sent.second).toBe(7);
    expect(second.role.name).toBe('notifier');
  });

  it('while a message is out: what it learns of it afterwards is written nowhere', async () => {
    const channel = await stack.channel('scripted', {});
    const out = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<string>();
    const told: string[] = [];
    const first = await stack.notifier(
      { NOTIFICATION_TIMEOUT_MS: '60000' },
      {
        extensions: scripted(({ items }) => {
          told.push(`first ${items[0].alert.id}`);
          out.resolve();
          return answered.promise;
        }),
      },
    );
    await stack.alert({ id: 'alert_0', notification_channels: [channel] });
    await out.promise;
    await stack.alert({ id: 'alert_1', notification_channels: [channel] });
    stack.broker.pauseClient(first.kafka);
    const kinds = scripted(async ({ items }) => {
      told.push(`second ${items[0].alert.id}`);
      return 'second';
    });
    await stack.notifier({}, { extensions: kinds });
    await expect.poll(states, until).toEqual(['sent', 'sent']);
    // It wakes up with an answer in hand and a notification that it believes to be waiting.
    answered.resolve('first');
    stack.broker.resumeClient(first.kafka);
    // Awake and at work again: some of the channels are its own once the group has rebalanced.
    const channels = await Promise.all(Array.from({ length: 12 }, () => stack.channel('scripted', {})));
    await stack.alert({ id: 'alert_2', notification_channels: channels });
    await expect
      .poll(async () => {
        await stack.alert({ id: `alert_${told.length}_again`, notification_channels: channels });
        return told.some((each) => each.startsWith('first') && each.endsWith('_again'));
      }, until)
      .toBe(true);
    const answers = (await stack.log()).map(({ alert_id, last_answer }) => [alert_id, last_answer]);
    expect(answers.filter(([id]) => id === 'alert_0' || id === 'alert_1')).toEqual([
      ['alert_0', 'second'],
      ['alert_1', 'second'],
    ]);
    expect(told.filter((each) => each.endsWith('alert_0'))).toEqual(['first alert_0', 'second alert_0']);
    expect(told.filter((each) => each.endsWith('alert_1'))).toEqual(['second alert_1']);
  });

  it('is followed by one that knows what it has sent, also behind a transaction that somebody else left open', async () => {
    const channel = await stack.channel('scripted', {});
    const out = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<string>();
    const first = await stack.notifier(
      { NOTIFICATION_TIMEOUT_MS: '60000' },
      {
        extensions: scripted(() => {
          out.resolve();
          return answered.promise;
        }),
      },
    );
    await stack.alert({ id: 'alert_0', notification_channels: [channel] });
    await out.promise;
    // As a process that announces leaves it when it dies; what is committed after it, no reader sees until it is settled.
    const [pending] = await stack.log();
    if (pending === undefined) throw new Error('not announced');
    const { name: topic, codec, partitions } = topics.notifications;
    const producer = await stack.client.transactionalProducer('left-open');
    const open = producer.begin();
    const hidden = { ...pending, alert_id: 'alert_hidden', id: 'ntf_hidden', attempts: 0 };
    const partition = partitionFor(channel, partitions);
    await open.send([{ topic, partition, key: Buffer.from(notificationKey(hidden)), value: codec.encode(hidden) }]);
    answered.resolve('first');
    await expect.poll(() => stack.logLines.some((line) => line.includes('"notified"')), until).toBe(true);
    first.crash();
    const told: string[] = [];
    const kinds = scripted(async ({ items }) => {
      told.push(...items.map(({ alert }) => alert.id));
      return 'second';
    });
    const second = await stack.notifier({}, { extensions: kinds });
    await expect.poll(() => second.role.readiness(), until).toEqual({ ready: true });
    await stack.alert({ id: 'alert_1', notification_channels: [channel] });
    await open.abort();
    await expect.poll(() => told.includes('alert_1'), until).toBe(true);
    expect(told).toEqual(['alert_1']);
    expect(await states()).toEqual(['sent', 'sent']);
    await producer.close();
  });

  it('between sending and noting: the next owner repeats at most that one message, under the same key', async () => {
    const channel = await stack.channel('scripted', {});
    const told: string[] = [];
    const reached = Promise.withResolvers<void>();
    const first = await stack.notifier(
      {},
      {
        extensions: scripted(async ({ idempotencyKey }) => {
          told.push(idempotencyKey);
          first.crash();
          reached.resolve();
          return 'arrived';
        }),
      },
    );
    const alert = await stack.alert({ notification_channels: [channel] });
    await reached.promise;
    const kinds = scripted(async ({ idempotencyKey }) => {
      told.push(idempotencyKey);
      return 'again';
    });
    await stack.notifier({}, { extensions: kinds });
    await expect.poll(states, until).toEqual(['sent']);
    const id = notificationId({ alert_id: alert.id, channel_id: channel, transition: 'fired' });
    expect(told).toEqual([id, id]);
    expect((await stack.log())[0]).toMatchObject({ id, attempts: 2 });
  });

  it('killed again and again under load: each transition arrives, and what arrives twice has the same key', async () => {
    const channels = await Promise.all([webhook(), webhook(), webhook()]);
    let process = await stack.notifier({ ...allowed(receiver), NOTIFICATION_CHANNEL_BURST: '1000' });
    const kills = 8;
    for (let round = 0; round < kills; round += 1) {
      for (let index = 0; index < 6; index += 1) {
        await stack.alert({ id: `alert_${round}_${index}`, notification_channels: channels });
      }
      const before = receiver.received.length;
      await expect.poll(() => receiver.received.length, until).toBeGreaterThan(before);
      process.crash();
      process = await stack.notifier({ ...allowed(receiver), NOTIFICATION_CHANNEL_BURST: '1000' });
    }
    const all = kills * 6 * channels.length;
    await expect.poll(async () => (await states()).filter((each) => each === 'sent').length, until).toBe(all);
    const arrived = new Set(
      receiver.received.flatMap(({ body }) =>
        JSON.parse(body).alerts.map(
          (each: { annotations: { notification_id: string } }) => each.annotations.notification_id,
        ),
      ),
    );
    expect(arrived).toEqual(new Set((await stack.log()).map(({ id }) => id)));
    // A channel has one message in flight, so a kill repeats at most one of each.
    expect(keys().length - new Set(keys()).size).toBeLessThanOrEqual(kills * channels.length);
  });
});

it('resending: a person’s request is one more message under another key', async () => {
  const channel = await webhook();
  await stack.notifier(allowed(receiver));
  await stack.alert({ notification_channels: [channel] });
  await expect.poll(states, until).toEqual(['sent']);
  const [sent] = await stack.log();
  if (sent === undefined) throw new Error('not sent');
  const now = Date.now() * 1000;
  const again = {
    ...sent,
    status: 'pending' as const,
    resends: 1,
    attempts: 0,
    next_attempt_at: now,
    deadline_at: now + 60_000_000,
  };
  await stack.write(topics.notifications, notificationKey(sent), again, channel);
  await expect.poll(() => keys(), until).toEqual([sent.id, `${sent.id}.1`]);
  await expect
    .poll(async () => (await stack.log())[0], until)
    .toMatchObject({ status: 'sent', resends: 1, attempts: 1 });
});
