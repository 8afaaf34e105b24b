import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { InMemoryRunner, type StoredRecord } from '@tailrace/stream/processing/in-memory-runner.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { normaliserTopology } from './normaliser-topology.ts';

const eventTime = Date.UTC(2024, 0, 31) * 1000;

function rawEvent(changes: Partial<RawEvent> = {}): RawEvent {
  return {
    connection_id: 'conn_a',
    project_id: 'shop',
    provider: 'aws',
    event_id: 'e1',
    timestamp: eventTime,
    timestamp_nanos: 0,
    observed_timestamp: eventTime,
    ingest_timestamp: eventTime,
    source: {},
    stream: 's',
    payload: '{"message":"ERROR: no stock"}',
    rewind_id: null,
    ...changes,
  };
}

let runner: InMemoryRunner;
beforeEach(async () => {
  runner = new InMemoryRunner();
  await runner.createTopics([...Object.values(rawTopics), topics.logs, topics.logsReplayed]);
});
afterEach(() => runner.stop());

const keyed = (events: readonly RawEvent[]) => events.map((event) => [event.connection_id, event] as const);
const bodies = (records: readonly StoredRecord<{ readonly body: string }>[]) => records.map(({ value }) => value?.body);

describe('the normaliser', () => {
  it('makes canonical records of every cloud, with their position, under the connection', async () => {
    await runner.write(topics.rawAws, keyed([rawEvent()]));
    await runner.write(
      topics.rawAzure,
      keyed([rawEvent({ provider: 'azure', connection_id: 'conn_b', payload: '{"Message":"from azure"}' })]),
    );
    await runner.write(
      topics.rawGcp,
      keyed([rawEvent({ provider: 'gcp', connection_id: 'conn_c', payload: '{"textPayload":"from gcp"}' })]),
    );
    await runner.start(normaliserTopology);
    await runner.settled(normaliserTopology);
    const records = await runner.read(topics.logs);
    expect(bodies(records).sort()).toEqual(['from azure', 'from gcp', 'no stock']);
    const [raw] = await runner.read(topics.rawAws);
    const aws = records.find(({ key }) => key === 'conn_a');
    expect(aws?.value).toMatchObject({
      severity_number: 17,
      timestamp: eventTime,
      raw_partition: raw?.partition,
      raw_offset: raw?.offset,
      replay_id: null,
    });
    expect(await runner.read(topics.dead)).toEqual([]);
  });

  it('keeps what a rewound source reads again away from the live topic', async () => {
    await runner.write(topics.rawAws, keyed([rawEvent(), rawEvent({ rewind_id: 'rwd_1' })]));
    await runner.start(normaliserTopology);
    await runner.settled(normaliserTopology);
    const [live] = await runner.read(topics.logs);
    const [again] = await runner.read(topics.logsReplayed);
    expect(again?.value).toEqual({
      ...live?.value,
      replay_id: 'rwd_1',
      raw_offset: (live?.value?.raw_offset ?? 0) + 1,
    });
  });

  it('keeps the order of a connection', async () => {
    const events = Array.from({ length: 500 }, (_, index) =>
      rawEvent({ event_id: `e${index}`, payload: JSON.stringify({ message: `line ${index}` }) }),
    );
    await runner.write(topics.rawAws, keyed(events));
    await runner.start(normaliserTopology);
    await runner.settled(normaliserTopology);
    expect(bodies(await runner.read(topics.logs))).toEqual(events.map((_, index) => `line ${index}`));
  });

  it('sends what is no raw event to logs.dead, and what no parser knows to logs', async () => {
    const good = topics.rawAws.codec.encode(rawEvent({ payload: '{"message":"@#$ whatever"}' }));
    const values = [Buffer.from('junk'), good, good.subarray(0, good.length - 3), Buffer.alloc(0), good];
    await runner.writeBytes(
      topics.rawAws.name,
      values.map((value) => ['conn_a', Buffer.from(value), 2]),
    );
    await runner.start(normaliserTopology);
    await runner.settled(normaliserTopology);
    expect(bodies(await runner.read(topics.logs))).toEqual(['@#$ whatever', '@#$ whatever']);
    const dead = await runner.read(topics.dead);
    expect(dead.map(({ value }) => [value?.reason, value?.partition, value?.offset])).toEqual([
      ['decode_failed', 2, 0],
      ['decode_failed', 2, 2],
      ['decode_failed', 2, 3],
    ]);
  });

  it('gives a record of 1 MB its place in the topic', async () => {
    await runner.write(
      topics.rawAws,
      keyed([rawEvent({ payload: JSON.stringify({ message: 'x'.repeat(1_000_000) }) })]),
    );
    await runner.start(normaliserTopology);
    await runner.settled(normaliserTopology);
    const [record] = await runner.read(topics.logs);
    expect(record?.value).toMatchObject({ truncated_from: 1_000_000, flags: ['body_truncated'] });
  });

  it('writes each record once however often its processes are killed', async () => {
    const events = Array.from({ length: 300 }, (_, index) =>
      rawEvent({ event_id: `e${index}`, connection_id: `conn_${index % 7}` }),
    );
    let process = await runner.start(normaliserTopology);
    for (let at = 0; at < events.length; at += 60) {
      await runner.write(topics.rawAws, keyed(events.slice(at, at + 60)));
      process.crash();
      process = await runner.start(normaliserTopology);
    }
    await runner.settled(normaliserTopology);
    const ids = (await runner.read(topics.logs)).map(({ value }) => value?.id);
    expect(ids).toHaveLength(events.length);
    expect(new Set(ids).size).toBe(events.length);
  });
});
