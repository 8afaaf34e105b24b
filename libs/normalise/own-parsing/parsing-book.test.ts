import { InMemoryRunner } from '@tailrace/stream/processing/in-memory-runner.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { normalise } from '../normalise.ts';
import { normaliserTopologyOf } from '../normaliser-topology.ts';
import { normaliserVersion } from '../normaliser-version.ts';
import { lineVersion } from './line-version.ts';
import { ParsingBook } from './parsing-book.ts';
import { testConnection, testEvent, testTime } from './test-rules.ts';

const logger = createLogger({ level: 'silent' });
const byLetter = [{ name: 'letter', pattern: '^(?P<level>\\w);(?P<message>.*)', level: { map: { K: 'error' } } }];
const byNumber = [{ name: 'number', pattern: '^K;(?P<n>\\d+);(?P<message>.*)' }];

let runner: InMemoryRunner;
let close: (() => Promise<void>)[] = [];
beforeEach(async () => {
  runner = new InMemoryRunner();
  await runner.createTopics([...Object.values(rawTopics), topics.logs, topics.logsReplayed, topics.connections]);
});
afterEach(async () => {
  await Promise.all(close.map((each) => each()));
  close = [];
  await runner.stop();
});

async function openBook(): Promise<ParsingBook> {
  const book = await ParsingBook.open({ kafka: runner.broker.connect(), logger });
  close.push(() => book.close());
  return book;
}

const save = (id: string, version: number, rules: unknown) =>
  runner.write(topics.connections, [[id, testConnection(id, version, rules)]]);
const log = (id: string, event: string, message: string) =>
  runner.write(topics.rawAws, [[id, testEvent(message, { connection_id: id, event_id: event })]]);
const known = (book: ParsingBook, id: string, version: number | undefined) =>
  vi.waitFor(() => expect(book.rulesOf(id)?.version).toBe(version), { timeout: 20_000, interval: 5 });

it('the book of parsing rules reads lines by the rules that are in force, which may change while they come', async () => {
  await save('conn_a', 1, byLetter);
  await save('conn_b', 1, null);
  const book = await openBook();
  const topology = normaliserTopologyOf(book.normaliser(normalise));
  await runner.start(topology);
  const line = 'K;7;no stock';
  await log('conn_a', 'e1', line);
  await log('conn_b', 'e1', line);
  await runner.settled(topology);
  await save('conn_a', 2, byNumber);
  await known(book, 'conn_a', 2);
  await log('conn_a', 'e2', line);
  await runner.settled(topology);
  await save('conn_a', 3, []);
  await known(book, 'conn_a', 3);
  await log('conn_a', 'e3', line);
  await runner.settled(topology);
  const records = (await runner.read(topics.logs)).map(({ value }) => value!);
  const of = (id: string) =>
    records
      .filter(({ connection_id }) => connection_id === id)
      .map(({ parser, body, severity_number, normaliser_version }) => [
        parser,
        body,
        severity_number,
        normaliser_version,
      ]);
  expect(of('conn_a')).toEqual([
    ['rule:letter', '7;no stock', 17, lineVersion(1, normaliserVersion)],
    ['rule:number', 'no stock', 0, lineVersion(2, normaliserVersion)],
    ['plain', line, 0, lineVersion(3, normaliserVersion)],
  ]);
  expect(of('conn_b')).toEqual([['plain', line, 0, normaliserVersion]]);
});

it('the book of parsing rules knows all rules before the first line, however many changes there were', async () => {
  for (let version = 1; version < 50; version++) await save('conn_a', version, byLetter);
  await save('conn_a', 50, byNumber);
  const book = await openBook();
  expect(book.rulesOf('conn_a')?.version).toBe(50);
  expect(book.changedAt(['conn_a', 'conn_x'])).toBe(testTime);
  expect(book.changedAt([])).toBe(testTime);
  expect(book.changedAt(['conn_x'])).toBe(0);
});

it('the book of parsing rules leaves the lines of a connection to the parsers when its rules cannot be used, and of one that is gone', async () => {
  await save('conn_a', 1, [{ name: 'a', pattern: '(' }]);
  await save('conn_b', 1, byLetter);
  const book = await openBook();
  const normaliseEvent = book.normaliser(normalise);
  const read = (id: string) => normaliseEvent(testEvent('K;x', { connection_id: id }), { partition: 0, offset: 0 });
  expect(read('conn_a')).toMatchObject({ parser: 'plain', normaliser_version: lineVersion(1, normaliserVersion) });
  expect(read('conn_b')).toMatchObject({ parser: 'rule:letter' });
  const producer = await runner.broker.connect().producer();
  const { partitions, name } = topics.connections;
  await producer.send(
    Array.from({ length: partitions }, (_, partition) => ({
      topic: name,
      partition,
      key: Buffer.from('conn_b'),
      value: null,
    })),
  );
  await producer.close();
  await known(book, 'conn_b', undefined);
  expect(read('conn_b')).toMatchObject({ parser: 'plain', normaliser_version: normaliserVersion });
});

it('the book of parsing rules says when it has read as much as somebody else', async () => {
  const book = await openBook();
  const { partitions } = topics.connections;
  await save('conn_a', 1, byLetter);
  const other = await openBook();
  expect(other.rulesOf('conn_a')?.version).toBe(1);
  const ends = await runner.broker.connect().admin.offsets(topics.connections.name, 'last_stable');
  await book.readUpTo(ends, AbortSignal.timeout(20_000));
  expect(book.rulesOf('conn_a')?.version).toBe(1);
  const beyond = Array.from({ length: partitions }, () => 1000);
  await expect(book.readUpTo(beyond, AbortSignal.timeout(20))).rejects.toThrow('timeout');
});

it('the book of parsing rules keeps the versions of rules above those of the code', () => {
  expect(normaliserVersion).toBeLessThan(1000);
  expect(lineVersion(1, 1)).toBeGreaterThan(lineVersion(0, 999));
  expect(lineVersion(5, 1)).toBeGreaterThan(lineVersion(4, 999));
});
