import { RegistryUnavailableError, UnknownSchemaError } from '@tailrace/avro/errors.ts';
import { ConfluentWireFormat } from '@tailrace/avro/registry/confluent-wire-format.ts';
import { SchemaRegistry } from '@tailrace/avro/registry/schema-registry.ts';
import { startTestRegistry, type TestRegistry } from '@tailrace/avro/registry/test-registry.ts';
import { type DeadLetter, deadLetterCodec } from '@tailrace/schemas/generated/dead-letter.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kafka, OutgoingRecord } from './kafka.ts';
import { type MemoryBroker, memoryBroker } from './memory/memory-broker.ts';
import { withWireFormat } from './wire-format.ts';

const topic = topics.dead.name;
const position = { topic, partition: 0, offset: 0 };
const letter: DeadLetter = {
  reason: 'decode_failed',
  detail: 'why',
  group: 'sink',
  topic: 'logs',
  partition: 3,
  offset: 12_345_678_901,
  failed_at: 1_764_000_000_000_000,
  project_id: 'demo',
  connection_id: null,
  value: Buffer.from('what could not be read'),
};

let server: TestRegistry;
let broker: MemoryBroker;
/** A client that sees what the broker holds. */
let bare: Kafka;
let kafka: Kafka;
beforeEach(async () => {
  server = await startTestRegistry();
  broker = memoryBroker();
  bare = broker.connect();
  await bare.admin.createTopics([topics.dead]);
  kafka = await connect();
});
afterEach(async () => {
  await Promise.all([bare.close(), kafka.close(), server.close()]);
});

async function connect(): Promise<Kafka> {
  const registry = new SchemaRegistry({ url: server.url, timeoutMs: 3000 });
  return withWireFormat(broker.connect(), await ConfluentWireFormat.register(registry, [topics.dead], 'test.'));
}

describe('writing', () => {
  it('puts the id of subject <prefix><topic>-value before the value', async () => {
    await sendTo(kafka, deadLetterCodec.encode(letter));
    const [stored] = await read(bare);
    expect(server.requests).toContain(`POST /subjects/test.${topic}-value/versions`);
    expect(stored?.subarray(0, 5)).toEqual(Buffer.of(0, 0, 0, 0, 1));
    expect(stored?.subarray(5)).toEqual(deadLetterCodec.encode(letter).subarray(10));
  });

  it('does so in a transaction, and leaves tombstones and other topics alone', async () => {
    await bare.admin.createTopics([{ ...topics.dead, name: 'other' }]);
    const producer = await kafka.transactionalProducer('tx');
    const transaction = producer.begin();
    const value = deadLetterCodec.encode(letter);
    await transaction.send([outgoing(value), outgoing(null), { ...outgoing(value), topic: 'other' }]);
    await transaction.commit();
    await producer.close();
    expect(await read(bare)).toEqual([Buffer.concat([Buffer.of(0, 0, 0, 0, 1), value.subarray(10)]), null]);
    expect(await read(bare, 'other')).toEqual([value]);
  });
});

describe('reading', () => {
  it('gives back what was written, and what was written before there was a registry', async () => {
    await sendTo(kafka, deadLetterCodec.encode(letter));
    await sendTo(bare, deadLetterCodec.encode({ ...letter, offset: 2 }));
    expect((await read(kafka)).map(decode)).toEqual([letter, { ...letter, offset: 2 }]);
  });

  it('reads another version of the schema, which it fetches by its id', async () => {
    const id = server.add(withField({ name: 'added', type: 'string' }));
    const body = Buffer.concat([deadLetterCodec.encode(letter).subarray(10), Buffer.of(2, 0x78)]);
    await sendTo(bare, framed(id, body));
    expect((await read(kafka)).map(decode)).toEqual([letter]);
  });

  it('asks for a schema once', async () => {
    const id = server.add(withField({ name: 'once', type: 'int' }));
    const body = Buffer.concat([deadLetterCodec.encode(letter).subarray(10), Buffer.of(0)]);
    for (let count = 0; count < 3; count++) await sendTo(bare, framed(id, body));
    await Promise.all([read(kafka), read(kafka)]);
    await read(kafka);
    expect(server.requests.filter((request) => request === `GET /schemas/ids/${id}`)).toHaveLength(1);
  });

  it('rejects with retry while the registry is unreachable, and then goes on with the same record', async () => {
    const id = server.add(withField({ name: 'later', type: 'int' }));
    await sendTo(bare, framed(id, Buffer.concat([deadLetterCodec.encode(letter).subarray(10), Buffer.of(0)])));
    await sendTo(bare, deadLetterCodec.encode(letter));
    server.answerWith({ status: 503, body: '' });
    const reader = await kafka.reader({ positions: [position] });
    await expect(reader.poll()).rejects.toThrow(RegistryUnavailableError);
    await expect(reader.poll()).rejects.toMatchObject({ remedy: 'retry' });
    server.answerWith(undefined);
    const batches = await reader.poll();
    expect(batches.flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([0, 1]);
    expect(batches.flatMap(({ records }) => records.map(({ value }) => decode(value)))).toEqual([letter, letter]);
    await reader.close();
  });

  it('lets a record of an unknown id through, for the codec to refuse', async () => {
    const foreign = framed(99, Buffer.from('whatever'));
    await sendTo(bare, foreign);
    await sendTo(bare, foreign);
    const values = await read(kafka);
    expect(values).toEqual([foreign, foreign]);
    expect(() => decode(values[0])).toThrow(UnknownSchemaError);
    await read(kafka);
    expect(server.requests.filter((request) => request === 'GET /schemas/ids/99')).toHaveLength(1);
  });

  it('lets a record through whose schema is another one altogether', async () => {
    const id = server.add('{"type":"record","name":"Else","fields":[]}');
    await sendTo(bare, framed(id, Buffer.from('x')));
    const [value] = await read(kafka);
    expect(() => decode(value)).toThrow(UnknownSchemaError);
  });

  it('ends a poll at once when aborted while it waits for a schema, and loses nothing', async () => {
    const id = server.add(withField({ name: 'aborted', type: 'int' }));
    await sendTo(bare, framed(id, Buffer.concat([deadLetterCodec.encode(letter).subarray(10), Buffer.of(0)])));
    server.hang(true);
    const reader = await kafka.reader({ positions: [position] });
    const stop = new AbortController();
    const polled = reader.poll(stop.signal);
    await until(() => server.requests.includes(`GET /schemas/ids/${id}`));
    stop.abort();
    expect(await polled).toEqual([]);
    server.hang(false);
    const values = await untilRead(reader);
    expect(values.map(decode)).toEqual([letter]);
    await reader.close();
  });

  it('honours seek, pause and remove of a partition that waits for a schema', async () => {
    const id = server.add(withField({ name: 'moved', type: 'int' }));
    const body = Buffer.concat([deadLetterCodec.encode(letter).subarray(10), Buffer.of(0)]);
    await sendTo(bare, framed(id, body));
    await sendTo(bare, deadLetterCodec.encode(letter));
    server.answerWith({ status: 503, body: '' });
    const reader = await kafka.reader({ positions: [position], maxWaitMs: 10 });
    await expect(reader.poll()).rejects.toThrow(RegistryUnavailableError);
    reader.pause(position);
    expect(await reader.poll()).toEqual([]);
    reader.resume(position);
    await expect(reader.poll()).rejects.toThrow(RegistryUnavailableError);
    reader.seek({ ...position, offset: 1 });
    expect((await reader.poll()).flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([1]);
    reader.seek(position);
    await expect(reader.poll()).rejects.toThrow(RegistryUnavailableError);
    reader.remove(position);
    expect(await reader.poll()).toEqual([]);
    await reader.close();
  });
});

function outgoing(value: Buffer | null): OutgoingRecord {
  return { topic, partition: 0, key: Buffer.from('key'), value };
}

async function sendTo(client: Kafka, value: Buffer): Promise<void> {
  const producer = await client.producer();
  await producer.send([outgoing(value)]);
  await producer.close();
}

async function read(client: Kafka, from = topic): Promise<(Buffer | null)[]> {
  const reader = await client.reader({ positions: [{ ...position, topic: from }] });
  const values = (await reader.poll()).flatMap(({ records }) => records.map(({ value }) => value));
  await reader.close();
  return values;
}

async function untilRead(reader: Awaited<ReturnType<Kafka['reader']>>): Promise<(Buffer | null)[]> {
  for (;;) {
    const batches = await reader.poll().catch((error: unknown) => {
      if (error instanceof RegistryUnavailableError) return [];
      throw error;
    });
    const values = batches.flatMap(({ records }) => records.map(({ value }) => value));
    if (values.length > 0) return values;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

function decode(value: Buffer | null | undefined): DeadLetter {
  return deadLetterCodec.decode(value ?? Buffer.alloc(0));
}

/** The next version of the dead letter's schema. */
function withField(field: object): string {
  const schema = JSON.parse(deadLetterCodec.schema);
  return JSON.stringify({ ...schema, fields: [...schema.fields, field] });
}

function framed(id: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, body]);
}
