import { ConfluentWireFormat } from '@tailrace/avro/registry/confluent-wire-format.ts';
import { SchemaRegistry } from '@tailrace/avro/registry/schema-registry.ts';
import { startTestRegistry, type TestRegistry } from '@tailrace/avro/registry/test-registry.ts';
import { TopicRecreatedError } from '@tailrace/kafka/errors.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type ManualClock, manualClock } from '@tailrace/kafka/memory/clock.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { withWireFormat } from '@tailrace/kafka/wire-format.ts';
import { type DeadLetter, deadLetterCodec } from '@tailrace/schemas/generated/dead-letter.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PartitionOwner } from '../owning/partition-owner.ts';
import { readPartition } from '../reading/read-partition.ts';
import { runProcessor } from './processor.ts';
import type { Topology } from './topology.ts';

/** Any type of record will do; this one has a schema that a registry can hold. */
type Letter = DeadLetter;

function stream(name: string): TopicSpec<Letter> {
  return { name, kind: 'stream', partitions: 1, codec: deadLetterCodec, config: {} };
}

const orders = stream('orders');
const [left, right] = [stream('left'), stream('right')];

/** Each order becomes three records in two topics; one whose detail is `poison` fails after the second. */
const fork: Topology<Letter> = {
  group: 'fork',
  inputs: [orders],
  outputs: [left, right],
  processor: () => ({
    process: ({ value }, emit) => {
      emit(left, 'k', value);
      emit(right, 'k', value);
      if (value.detail === 'poison') throw new Error('cannot digest this');
      emit(left, 'k', { ...value, detail: `${value.detail} again` });
    },
  }),
};

interface Process {
  readonly kafka: Kafka;
  readonly owner: PartitionOwner;
  readonly metrics: Metrics;
}

let clock: ManualClock;
let broker: MemoryBroker;
let client: Kafka;
let log: { level: string; msg: string; [field: string]: unknown }[];
const owners = new Set<PartitionOwner>();

beforeEach(async () => {
  clock = manualClock();
  broker = memoryBroker({ clock, transactionTimeoutMs: 30_000 });
  client = broker.connect();
  log = [];
  await client.admin.createTopics([orders, left, right, topics.dead, topics.positions]);
});
afterEach(async () => {
  await Promise.all([...owners].map((owner) => owner.stop()));
  owners.clear();
  await client.close();
});

function start(kafka: Kafka = broker.connect()): Process {
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const metrics = new Metrics();
  const logger = createLogger({ level: 'info', destination });
  const owner = runProcessor(fork, { kafka, logger, metrics, sessionTimeoutMs: 100 });
  owners.add(owner);
  return { kafka, owner, metrics };
}

function letter(detail: string): Letter {
  return {
    reason: '',
    detail,
    group: '',
    topic: '',
    partition: 0,
    offset: 0,
    failed_at: 0,
    project_id: null,
    connection_id: null,
    value: Buffer.alloc(0),
  };
}

async function write(...details: string[]): Promise<void> {
  await writeBytes(...details.map((detail) => orders.codec.encode(letter(detail))));
}

async function writeBytes(...values: Buffer[]): Promise<void> {
  const producer = await client.producer();
  await producer.send(values.map((value) => ({ topic: orders.name, partition: 0, key: null, value })));
  await producer.close();
}

async function read(topic: TopicSpec<Letter>, kafka = client): Promise<Letter[]> {
  const found: Letter[] = [];
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    for await (const records of readPartition(kafka, topic.name, partition, AbortSignal.timeout(20_000))) {
      for (const { value } of records) if (value) found.push(topic.codec.decode(value));
    }
  }
  return found;
}

async function details(topic: TopicSpec<Letter>): Promise<string[]> {
  return (await read(topic)).map(({ detail }) => detail);
}

/** Waits until the group has committed this offset. */
async function committed(offset: number): Promise<void> {
  const position = async () => (await client.admin.committedOffsets(fork.group, [orders.name]))[0]?.offset;
  await expect.poll(position, { timeout: 20_000, interval: 2 }).toBe(offset);
}

async function counter(metrics: Metrics, name: string): Promise<number> {
  const lines = (await metrics.expose()).split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function expectOnce(...expected: string[]): Promise<void> {
  expect(await details(left)).toEqual(expected.flatMap((each) => [each, `${each} again`]));
  expect(await details(right)).toEqual(expected);
}

describe('a record that becomes several', () => {
  it.each([
    ['send', 'before'],
    ['send', 'after'],
    ['commitOffsets', 'before'],
    ['commit', 'before'],
    ['commit', 'after'],
  ] as const)('becomes all of them or none when its process dies: %s, %s it took effect', async (operation, when) => {
    const first = start();
    await write('one');
    await committed(1);
    const { struck } = broker.failNext({ operation, when, crash: true }, first.kafka);
    await write('two');
    await struck;
    owners.delete(first.owner);
    const isCommitted = operation === 'commit' && when === 'after';
    await expectOnce(...(isCommitted ? ['one', 'two'] : ['one']));
    start();
    await committed(2);
    await expectOnce('one', 'two');
  });

  it('is a dead letter, once and with nothing else of it, however often its transaction fails', async () => {
    const { kafka } = start();
    await write('one');
    await committed(1);
    for (const operation of ['send', 'commitOffsets', 'commit'] as const) broker.failNext({ operation }, kafka);
    await write('poison', 'two');
    await committed(3);
    await expectOnce('one', 'two');
    expect((await read(topics.dead)).map(({ offset, reason }) => [offset, reason])).toEqual([[1, 'processing_failed']]);
  });
});

describe('a commit that is delayed', () => {
  it('past the time-out of its transaction commits nothing, and its records are processed again', async () => {
    const { kafka } = start();
    await write('one');
    await committed(1);
    const late = broker.failNext({ operation: 'commit', when: 'delayed', crash: true }, kafka);
    await write('two');
    await late.struck;
    clock.advance(30_001);
    expect(() => late.deliver()).toThrow('took over');
    await expectOnce('one');
    start();
    await committed(2);
    await expectOnce('one', 'two');
  });

  it('until its partition has gone on settles none of the later transactions', async () => {
    const { kafka } = start();
    await write('one');
    await committed(1);
    const late = broker.failNext({ operation: 'commit', when: 'delayed' }, kafka);
    await write('two');
    await late.struck;
    await committed(2);
    const open = broker.failNext({ operation: 'commit', when: 'delayed' }, kafka);
    await write('three');
    await open.struck;
    expect(() => late.deliver()).toThrow('took over');
    await committed(3);
    await expectOnce('one', 'two', 'three');
  });
});

describe('a process that was stopped past its session', () => {
  it.each(['send', 'commitOffsets', 'commit'] as const)('before the %s writes nothing more', async (operation) => {
    const stopped = start();
    await write('one');
    await committed(1);
    // The call fails without having had an effect, and with it the process stands still: what it does next is stale.
    const fault = broker.failNext({ operation }, stopped.kafka);
    await write('two');
    await fault.struck;
    broker.pauseClient(stopped.kafka);
    start();
    await committed(2);
    broker.resumeClient(stopped.kafka);
    await write('three');
    await committed(3);
    await expectOnce('one', 'two', 'three');
  });
});

describe('an input topic', () => {
  it('of which retention removed what was not read yet: the gap is counted and logged, and the rest is read', async () => {
    const first = start();
    await write('one');
    await committed(1);
    await first.owner.stop();
    owners.delete(first.owner);
    await write('lost', 'lost too', 'found');
    broker.truncate(orders.name, 0, 3);
    const { metrics } = start();
    await committed(4);
    await expectOnce('one', 'found');
    expect(await counter(metrics, 'tailrace_lost_to_retention_records_total')).toBe(2);
    expect(log).toContainEqual(expect.objectContaining({ level: 'error', topic: 'orders', partition: 0, records: 2 }));
  });

  it('that was deleted and made again ends the processor loudly instead of a silent reset', async () => {
    const { owner } = start();
    await write('one', 'two');
    await committed(2);
    await client.admin.deleteTopics([orders.name]);
    await client.admin.createTopics([orders]);
    await write('of the new topic');
    await expect(owner.failed).rejects.toThrow(TopicRecreatedError);
    expect(log).toContainEqual(expect.objectContaining({ level: 'error', msg: 'this partition cannot go on' }));
    await expectOnce('one', 'two');
  });
});

describe('with a schema registry', () => {
  let registry: TestRegistry;
  beforeEach(async () => {
    registry = await startTestRegistry();
  });
  afterEach(() => registry.close());

  async function connect(): Promise<Kafka> {
    const format = await ConfluentWireFormat.register(
      new SchemaRegistry({ url: registry.url, timeoutMs: 3000 }),
      [orders, left, right, topics.dead],
      '',
    );
    return withWireFormat(broker.connect(), format);
  }

  /** An order in Confluent's wire format under a schema that this program has not seen yet. */
  function foreign(id: number, detail: string): Buffer {
    const header = Buffer.alloc(5);
    header.writeInt32BE(id, 1);
    return Buffer.concat([header, deadLetterCodec.encode(letter(detail)).subarray(10), Buffer.of(0)]);
  }

  function newerSchema(): string {
    const schema = JSON.parse(deadLetterCodec.schema);
    return JSON.stringify({ ...schema, fields: [...schema.fields, { name: 'added', type: 'int' }] });
  }

  it('that is unreachable: waits with the record and what is behind it, and makes none of it a dead letter', async () => {
    const kafka = await connect();
    const { owner } = start(kafka);
    await write('one');
    await committed(1);
    registry.answerWith({ status: 503, body: '' });
    await writeBytes(foreign(registry.add(newerSchema()), 'two'), orders.codec.encode(letter('three')));
    await expect.poll(() => owner.failing().length).toBe(1);
    expect(owner.failing()[0]?.error).toMatchObject({ code: 'avro.registry_unavailable' });
    registry.answerWith(undefined);
    await committed(3);
    const reader = await connect();
    expect((await read(right, reader)).map(({ detail }) => detail)).toEqual(['one', 'two', 'three']);
    expect(await read(topics.dead, reader)).toEqual([]);
  });

  it('that does not know a schema, makes its records dead letters and goes on', async () => {
    const kafka = await connect();
    start(kafka);
    await writeBytes(orders.codec.encode(letter('one')), foreign(99, 'two'), orders.codec.encode(letter('three')));
    await committed(3);
    const reader = await connect();
    expect((await read(right, reader)).map(({ detail }) => detail)).toEqual(['one', 'three']);
    const dead = await read(topics.dead, reader);
    expect(dead.map(({ offset, reason }) => [offset, reason])).toEqual([[1, 'unknown_schema']]);
    expect(dead[0]?.value).toEqual(foreign(99, 'two'));
  });
});
