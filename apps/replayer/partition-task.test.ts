import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import { newReplayId, progressKey } from '@tailrace/replays/replay-keys.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LiveLag } from './live-lag.ts';
import type { LogStore } from './log-store.ts';
import { runPartition } from './partition-task.ts';

const noRules = { changedAt: () => 0, readUpTo: async () => undefined };
const logger = createLogger({ level: 'silent' });
const count = 3000;
const t0 = Date.now() * 1000 - 3_600_000_000;
let kafka: Kafka;

beforeEach(async () => {
  kafka = memoryBroker().connect();
  const { logs, logsReplayed, dead, replays } = topics;
  await kafka.admin.createTopics([...Object.values(rawTopics), logs, logsReplayed, dead, replays]);
  const { name: topic, codec } = topics.rawAws;
  const headers = { project: 'shop', connection: 'conn_a' };
  const producer = await kafka.producer();
  await producer.send(
    Array.from({ length: count }, (_, index) => {
      const timestamp = t0 + index;
      const event: RawEvent = {
        connection_id: 'conn_a',
        project_id: 'shop',
        provider: 'aws',
        event_id: `event-${index}`,
        timestamp,
        timestamp_nanos: 0,
        observed_timestamp: timestamp,
        ingest_timestamp: timestamp,
        source: {},
        stream: 's',
        payload: JSON.stringify({ message: `order ${index} placed` }),
        rewind_id: null,
      };
      return { topic, partition: 2, key: Buffer.from('conn_a'), value: codec.encode(event), headers };
    }),
  );
  await producer.close();
});
afterEach(() => kafka.close());

/** By how much the replay went on in each of its transactions. */
async function steps(flows: boolean, limit: number | null = null, wanted = count): Promise<readonly number[]> {
  const id = newReplayId('shop');
  const { name: topic, partitions, codec } = topics.replays;
  const partition = partitionFor(id, partitions);
  const request: ReplayRequest = {
    project_id: 'shop',
    connection_ids: [],
    providers: [],
    from: t0,
    to: t0 + wanted,
    mode: 'apply',
    records_per_second: limit,
    desired_state: 'running',
    version: 1,
    created_at: t0,
    created_by: 'ann',
    connection_positions: [],
  };
  const producer = await kafka.producer();
  const asked = codec.encode({ id, request, progress: null });
  await producer.send([{ topic, partition, key: Buffer.from(id), value: asked }]);
  await producer.close();
  const revoked = new AbortController();
  const task = runPartition(
    {
      kafka,
      store: {} as LogStore,
      lag: new LiveLag(async () => ({ behind: undefined, flows })),
      normalise,
      rules: noRules,
      batchRecords: 100_000,
      liveShare: 0.2,
      partitionsOf: (name) => (name === topics.dead.name ? topics.dead : topics.logsReplayed).partitions,
      logger,
    },
    { follow: () => undefined },
    {
      partition: { topic, partition },
      revoked: revoked.signal,
      lost: new AbortController().signal,
      group: () => ({ groupId: 'replayer', generationId: 1, memberId: 'one' }),
      progressed: () => undefined,
    },
  );
  const matched = async () => {
    const found: { readonly matched: number; readonly status: string }[] = [];
    for await (const batch of readPartition(kafka, topic, partition, AbortSignal.timeout(20_000))) {
      for (const { key, value } of batch) {
        const progress = key?.toString() === progressKey(id) && value ? codec.decode(value).progress : null;
        if (progress) found.push(progress);
      }
    }
    return found;
  };
  await expect.poll(async () => (await matched()).at(-1)?.status, { timeout: 80_000, interval: 200 }).toBe('completed');
  revoked.abort();
  await task;
  const all = (await matched()).map((progress) => progress.matched);
  return all.map((each, index) => each - (all[index - 1] ?? 0)).filter((step) => step > 0);
}

it('a replay goes in small steps while live lines come, however large its transactions may be', async () => {
  const found = await steps(true);
  expect(found.reduce((sum, step) => sum + step, 0)).toBe(count);
  expect(Math.max(...found)).toBeLessThanOrEqual(500);
});

it('a replay goes in large steps while none come', async () => {
  const found = await steps(false);
  expect(found.reduce((sum, step) => sum + step, 0)).toBe(count);
  expect(Math.max(...found)).toBeGreaterThan(500);
});

it('a replay that is to be slow goes in steps of less than a second', async () => {
  const found = await steps(false, 2900);
  expect(Math.max(...found)).toBeLessThanOrEqual(500);
});

it('a replay that is to be slow passes what it is not about at full speed', { timeout: 90_000 }, async () => {
  const { name: topic } = topics.rawAws;
  const producer = await kafka.producer();
  const foreign = { topic, partition: 2, key: null, value: Buffer.of(1), headers: { project: 'bank' } };
  // A pause of a millisecond after each would take longer than this test may.
  for (let batch = 0; batch < 20; batch += 1) await producer.send(Array.from({ length: 5000 }, () => foreign));
  await producer.close();
  expect(await steps(true, 1, 1)).toEqual([1]);
});

it('replays of two projects take turns, so that a short one need not wait for the end of a long one', async () => {
  const { name: topic, partitions, codec } = topics.replays;
  const shop = newReplayId('shop');
  const partition = partitionFor(shop, partitions);
  // Another project whose replays fall into the same partition.
  const other = Array.from({ length: 1000 }, (_, index) => `project${index}`).find(
    (name) => partitionFor(newReplayId(name), partitions) === partition,
  )!;
  const bank = newReplayId(other);
  const producer = await kafka.producer();
  const ask = (id: string, project: string, limit: number | null, createdAt: number) => {
    const request: ReplayRequest = {
      project_id: project,
      connection_ids: [],
      providers: [],
      from: t0,
      to: t0 + count,
      mode: 'apply',
      records_per_second: limit,
      desired_state: 'running',
      version: 1,
      created_at: createdAt,
      created_by: 'ann',
      connection_positions: [],
    };
    const value = codec.encode({ id, request, progress: null });
    return producer.send([{ topic, partition, key: Buffer.from(id), value }]);
  };
  // Minutes for the one, and nothing at all for the other.
  await ask(shop, 'shop', 20, t0);
  await ask(bank, other, null, t0 + 1);
  await producer.close();
  const revoked = new AbortController();
  const deps = {
    kafka,
    store: {} as LogStore,
    lag: new LiveLag(async () => ({ behind: undefined, flows: false })),
    normalise,
    rules: noRules,
    batchRecords: 100_000,
    liveShare: 0.2,
    partitionsOf: (name: string) => (name === topics.dead.name ? topics.dead : topics.logsReplayed).partitions,
    logger,
    turnMs: 200,
  };
  const task = runPartition(
    deps,
    { follow: () => undefined },
    {
      partition: { topic, partition },
      revoked: revoked.signal,
      lost: new AbortController().signal,
      group: () => ({ groupId: 'replayer', generationId: 1, memberId: 'one' }),
      progressed: () => undefined,
    },
  );
  const progressOf = async (id: string) => {
    let newest: { readonly matched: number; readonly status: string } | undefined;
    for await (const batch of readPartition(kafka, topic, partition, AbortSignal.timeout(20_000))) {
      for (const { key, value } of batch) {
        const progress = key?.toString() === progressKey(id) && value ? codec.decode(value).progress : null;
        if (progress) newest = progress;
      }
    }
    return newest;
  };
  await expect.poll(async () => (await progressOf(bank))?.status, { interval: 100 }).toBe('completed');
  const begun = await progressOf(shop);
  expect(begun?.status).toBe('running');
  // And the long one goes on where it was, losing and repeating nothing.
  await expect
    .poll(async () => (await progressOf(shop))?.matched, { interval: 100 })
    .toBeGreaterThan(begun?.matched ?? 0);
  revoked.abort();
  await task;
});
