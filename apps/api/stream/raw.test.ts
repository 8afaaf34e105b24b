import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { rawTopics } from '@tailrace/topics/topics.ts';
import { afterEach, expect, it } from 'vitest';
import { startTestApi, type TestApi, tokenFor } from '../test-api.ts';
import { maxPayloadLength } from './raw-view.ts';

const { name: topic, codec } = rawTopics.aws;
const opened: TestApi[] = [];
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close();
});

async function start() {
  const broker = memoryBroker();
  const api = await startTestApi({ broker });
  opened.push(api);
  return { broker, api };
}

const event = (number: number, fields: Partial<RawEvent> = {}): RawEvent => ({
  connection_id: 'conn_a',
  project_id: 'demo',
  provider: 'aws',
  event_id: `event ${number}`,
  timestamp: Date.UTC(2026, 0, 31) * 1000,
  timestamp_nanos: 7,
  observed_timestamp: Date.UTC(2026, 0, 31) * 1000 + 2_000_000,
  ingest_timestamp: Date.UTC(2026, 0, 31) * 1000 + 3_000_000,
  source: { log_group: '/ecs/checkout' },
  stream: 'checkout/1',
  payload: JSON.stringify({ message: `line ${number} \u001b[31m<b>`, eventId: `event ${number}` }),
  rewind_id: null,
  ...fields,
});

async function write(api: TestApi, values: readonly Buffer[]): Promise<void> {
  const producer = await api.kafka.producer();
  await producer.send(values.map((value) => ({ topic, partition: 2, key: null, value })));
  await producer.close();
}

const raw = (api: TestApi, offset: number, project = 'demo', token?: string) =>
  api.call(`/stream/${project}/raw/${topic}/2/${offset}`, token === undefined ? {} : { token });

it('GET raw gives the event behind a line as it came, with the id of the line', async () => {
  const { api } = await start();
  await write(
    api,
    [0, 1, 2].map((number) => codec.encode(event(number))),
  );
  const { status, body } = await raw(api, 1);
  expect(status).toBe(200);
  expect(body).toEqual({
    id: normalise(event(1), { partition: 2, offset: 1 }).id,
    connection_id: 'conn_a',
    provider: 'aws',
    event_id: 'event 1',
    timestamp: '2026-01-31T00:00:00.000000007Z',
    observed_timestamp: '2026-01-31T00:00:02.000Z',
    ingest_timestamp: '2026-01-31T00:00:03.000Z',
    source: { log_group: '/ecs/checkout' },
    stream: 'checkout/1',
    payload: event(1).payload,
    payload_bytes: Buffer.byteLength(event(1).payload),
    is_cut: false,
    rewind_id: null,
  });
});

it('GET raw hides another project’s event as if there were none', async () => {
  const { api } = await start();
  await write(api, [codec.encode(event(0, { project_id: 'other' })), codec.encode(event(1))]);
  const foreign = await raw(api, 0);
  const unknown = await raw(api, 5);
  expect([foreign.status, unknown.status]).toEqual([404, 404]);
  expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
  const other = await tokenFor('viewer', ['other']);
  expect((await raw(api, 0, 'other', other)).status).toBe(200);
  expect((await raw(api, 1, 'other', other)).status).toBe(404);
});

it('GET raw says that retention has removed it', async () => {
  const { api, broker } = await start();
  await write(
    api,
    [0, 1, 2].map((number) => codec.encode(event(number))),
  );
  broker.truncate(topic, 2, 2);
  const { status, body } = await raw(api, 1);
  expect([status, body.code, body.detail]).toEqual([410, 'gone', expect.stringContaining('retention')]);
  expect((await raw(api, 2)).status).toBe(200);
});

it('a record that cannot be read is none', async () => {
  const { api } = await start();
  await write(api, [Buffer.from('not avro')]);
  expect((await raw(api, 0)).status).toBe(404);
});

it('GET raw cuts a payload that is larger than any cloud’s event, between characters', async () => {
  const { api } = await start();
  const payload = `${'x'.repeat(maxPayloadLength - 1)}😀 and more`;
  await write(api, [codec.encode(event(0, { payload }))]);
  const { body } = await raw(api, 0);
  expect(body.payload).toBe('x'.repeat(maxPayloadLength - 1));
  expect([body.payload_bytes, body.is_cut]).toEqual([Buffer.byteLength(payload), true]);
});
