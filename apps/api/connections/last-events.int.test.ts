import { normalise } from '@tailrace/normalise/normalise.ts';
import { testEvent } from '@tailrace/normalise/own-parsing/test-rules.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { rawTopics } from '@tailrace/topics/topics.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newConnection, startTestApi, type TestApi, tokenFor } from '../test-api.ts';

const { name: topic, codec } = rawTopics.aws;
const now = Date.now() * 1000;
let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ databaseUrl: database.url });
});
afterAll(async () => {
  await api?.close();
  await database?.drop();
});

async function create(): Promise<string> {
  return (await api.call('/connections', { method: 'POST', body: newConnection() })).body.id;
}

/** Events in Kafka, and their lines in the database as the parsers left them. @param from offset of the first */
async function write(events: readonly RawEvent[], from: number): Promise<void> {
  const producer = await api.kafka.producer();
  await producer.send(events.map((event) => ({ topic, partition: 1, key: null, value: codec.encode(event) })));
  await producer.close();
  await database.store(events.map((event, index) => normalise(event, { partition: 1, offset: from + index })));
}

const event = (connection: string, number: number, message: string) =>
  testEvent(message, {
    connection_id: connection,
    project_id: 'demo',
    event_id: `e${number}`,
    timestamp: now - 3_600_000_000 + number * 1_000_000,
  });
const preview = (id: string, body: object = {}) =>
  api.call(`/connections/${id}/parsing/preview`, { method: 'POST', body });

it('a preview tries rules on the last stored lines of the connection alone, as their events came', async () => {
  const [own, other] = [await create(), await create()];
  const docker = (text: string) => JSON.stringify({ log: `${text}\n`, stream: 'stdout' });
  const messages = Array.from({ length: 30 }, (_, number) => docker(`pay;${number};refused`));
  const events = messages.flatMap((message, number) => [event(own, number, message), event(other, number, 'ERROR no')]);
  await write(events, 0);
  const rules = [{ name: 'pay', pattern: '^pay;(?P<n>\\d+);(?P<message>.*)' }];
  const { status, body } = await preview(own, { parsing_rules: rules, limit: 20 });
  expect([status, body.taken, body.untaken, body.missing]).toEqual([200, { pay: 20 }, 0, 0]);
  expect(body.lines[0]).toMatchObject({
    text: 'pay;29;refused',
    rule: 'pay',
    message: 'refused',
    attributes: { n: '29' },
    raw: { topic, partition: 1, offset: 58 },
  });
  expect(body.lines.map(({ attributes }: { attributes: { n: string } }) => Number(attributes.n))).toEqual(
    Array.from({ length: 20 }, (_, index) => 29 - index),
  );
  const others = await preview(other, { parsing_rules: rules });
  expect([others.body.lines.length, others.body.untaken]).toEqual([30, 30]);
  const stranger = { method: 'POST', body: {}, token: await tokenFor('viewer', ['other']) };
  expect((await api.call(`/connections/${own}/parsing/preview`, stranger)).status).toBe(404);

  // The author goes on with the same lines for a while, and others that come are seen after it.
  await write([event(own, 40, docker('pay;40;refused'))], events.length);
  expect((await preview(own, { limit: 20 })).body.lines[0].text).toContain('pay;29');
  expect((await preview(own, { limit: 19 })).body.lines[0].text).toContain('pay;40');
});

it('a preview counts lines whose events are no longer kept, or are others by now', async () => {
  const id = await create();
  const gone = event(id, 1, 'gone');
  await database.store([normalise(gone, { partition: 1, offset: 1_000_000 })]);
  const replaced = event(id, 2, 'replaced');
  await database.store([normalise(replaced, { partition: 1, offset: 0 })]);
  const { body } = await preview(id);
  expect([body.lines, body.missing]).toEqual([[], 2]);
});
