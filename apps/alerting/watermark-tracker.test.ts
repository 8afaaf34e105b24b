import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normaliserTopology } from '@tailrace/normalise/normaliser-topology.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { PartitionProgress } from '@tailrace/schemas/generated/partition-progress.ts';
import { InMemoryRunner } from '@tailrace/stream/processing/in-memory-runner.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { at, raw, status } from './test-data.ts';
import { normaliserGroup, WatermarkTracker } from './watermark-tracker.ts';

const partition = partitionFor('conn_a', topics.logs.partitions);
const logger = createLogger({ level: 'silent' });
let runner: InMemoryRunner;
let kafka: Kafka;
let statuses: Table<ConnectionStatus>;
let watermarks: WatermarkTracker;
let offers: { readonly progress: PartitionProgress; readonly end: number }[];
/** How often the tracker has asked what the normaliser committed. */
let asked: number;
/** Every question to the broker. */
let questions: number;
/** Short for the one test that waits for it. */
const patienceMs = 1500;

beforeEach(async () => {
  runner = new InMemoryRunner();
  await runner.createTopics([...Object.values(rawTopics), topics.logs, topics.logsReplayed, topics.connectionStatus]);
  kafka = runner.broker.connect();
  asked = 0;
  questions = 0;
  offers = [];
  statuses = openTable({ kafka, logger, topic: topics.connectionStatus, onChange: () => watermarks?.changed() });
  await statuses.caughtUp;
  const { admin } = kafka;
  watermarks = new WatermarkTracker({
    admin: {
      offsets: (...question) => {
        questions += 1;
        return admin.offsets(...question);
      },
      committedOffsets: (group, names) => {
        expect(group).toBe(normaliserGroup);
        questions += 1;
        asked += 1;
        return admin.committedOffsets(group, names);
      },
    },
    logger,
    statuses,
    watches: (project) => project === 'shop',
    partitions: topics.logs.partitions,
    intervalMs: 1,
    patienceMs,
  });
});
afterEach(async () => {
  await watermarks.close();
  await statuses.close();
  await runner.stop();
});

function follow(): AbortController {
  const ended = new AbortController();
  watermarks.follow(partition, (progress, end) => offers.push({ progress, end }), ended.signal);
  return ended;
}
const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 20_000 });
const writeStatus = (each: ConnectionStatus) => runner.write(topics.connectionStatus, [[each.connection_id, each]]);
const completeUpTo = () => offers.at(-1)?.progress.connections.map(({ complete_up_to }) => complete_up_to);

it('the watermark tracker offers nothing while lines that a status speaks of have not passed the normaliser, then the end they have in logs', async () => {
  await runner.write(topics.rawAws, [
    ['conn_a', raw(1)],
    ['conn_a', raw(2)],
  ]);
  await writeStatus(status(10));
  follow();
  await eventually(() => asked).toBeGreaterThan(4);
  expect(offers).toEqual([]);
  await runner.start(normaliserTopology);
  await eventually(completeUpTo).toEqual([at(10)]);
  const lines = await runner.read(topics.logs);
  expect(lines).toHaveLength(2);
  expect(offers.at(-1)?.end).toBeGreaterThan(Math.max(...lines.map(({ offset }) => offset)));
});

it("the watermark tracker waits for lines behind another connection's open transaction, which no reader sees yet", async () => {
  await runner.start(normaliserTopology);
  const producer = await kafka.transactionalProducer('another');
  const event = (timestamp: number) => ({
    topic: topics.rawAws.name,
    partition,
    key: Buffer.from('conn_a'),
    value: topics.rawAws.codec.encode(raw(timestamp)),
  });
  const open = producer.begin();
  await open.send([event(1)]);
  await (await kafka.producer()).send([event(2)]);
  await writeStatus(status(10));
  follow();
  await eventually(() => asked).toBeGreaterThan(4);
  expect(offers).toEqual([]);
  await open.commit();
  await eventually(completeUpTo).toEqual([at(10)]);
  expect(await runner.read(topics.logs)).toHaveLength(2);
});

it('the watermark tracker gives each partition its own connections, of watched projects only, and which of them are read', async () => {
  await writeStatus(status(10));
  await writeStatus(status(10, { connection_id: 'conn_other', project_id: 'bank' }));
  const neighbour = Array.from({ length: 100 }, (_, index) => `conn_${index}`);
  const [same = ''] = neighbour.filter((id) => partitionFor(id, topics.logs.partitions) === partition);
  const [other = ''] = neighbour.filter((id) => partitionFor(id, topics.logs.partitions) !== partition);
  await writeStatus(status(12, { connection_id: same, state: 'paused' }));
  await writeStatus(status(12, { connection_id: other }));
  await eventually(() => statuses.size).toBe(4);
  follow();
  await eventually(() => offers.length).toBe(1);
  expect(offers[0]?.progress).toEqual({
    partition,
    partitions: topics.logs.partitions,
    connections: expect.toSatisfy(
      (connections: PartitionProgress['connections']) =>
        connections.length === 2 &&
        connections.some(({ connection_id, reading }) => connection_id === 'conn_a' && reading) &&
        connections.some(({ connection_id, reading }) => connection_id === same && !reading),
    ),
  });
});

it('the watermark tracker asks nothing while nothing changes, and offers nothing to a task that has ended', async () => {
  await writeStatus(status(10));
  await eventually(() => statuses.size).toBe(1);
  const ended = follow();
  await eventually(() => offers.length).toBe(1);
  const before = questions;
  watermarks.changed();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(questions).toBe(before);
  ended.abort();
  await writeStatus(status(11));
  await eventually(() => statuses.get('conn_a')?.complete_up_to).toBe(at(11));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(offers).toHaveLength(1);
});

it('the watermark tracker lets others wait for a connection that stands still no longer than its patience, until it moves again', async () => {
  await runner.start(normaliserTopology);
  await writeStatus(status(10));
  follow();
  const reading = () => offers.at(-1)?.progress.connections.map((each) => each.reading);
  await eventually(reading).toEqual([true]);
  let said = 0;
  // It goes on saying that it is there, and that it has come no further.
  await eventually(async () => {
    said += 1;
    await writeStatus(status(10, { updated_at: said }));
    return reading();
  }).toEqual([false]);
  await writeStatus(status(11));
  await eventually(reading).toEqual([true]);
});
