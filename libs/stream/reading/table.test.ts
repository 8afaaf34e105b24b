import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { openTable } from './table.ts';

const day = 24 * 60 * 60 * 1000;
const topic: TopicSpec<string> = {
  name: 'kept-a-day',
  kind: 'table',
  partitions: 1,
  codec: { name: 'text', encode: (text) => Buffer.from(text), decode: (bytes) => bytes.toString() },
  config: { 'cleanup.policy': 'compact,delete', 'retention.ms': String(day) },
};

afterEach(() => vi.useRealTimers());

it('a table forgets what its topic may remove, as it opens and while it is open', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const kafka = memoryBroker().connect();
  await kafka.admin.createTopics([topic]);
  const producer = await kafka.producer();
  const write = (key: string, timestamp = Date.now()) =>
    producer.send([{ topic: topic.name, partition: 0, key: Buffer.from(key), value: Buffer.from(key), timestamp }]);
  await write('old', Date.now() - 2 * day);
  await write('renewed', Date.now() - 2 * day);
  await write('renewed');
  await write('young');
  const gone: (string | undefined)[] = [];
  const table = openTable({
    kafka,
    topic,
    logger: createLogger({ level: 'silent' }),
    onChange: ({ value, previous }) => void (value === undefined && gone.push(previous)),
  });
  await table.caughtUp;
  await expect.poll(() => [...table.entries()].map(([key]) => key)).toEqual(['renewed', 'young']);
  vi.setSystemTime(Date.now() + 1.5 * day);
  await write('news');
  await expect.poll(() => [...table.entries()].map(([key]) => key)).toEqual(['news']);
  expect(gone).toEqual(['old', 'renewed', 'young']);
  await table.close();
  await kafka.close();
});

it('a table whose changes take long to apply lets the rest of the process have its turn in between', async () => {
  const kafka = memoryBroker().connect();
  await kafka.admin.createTopics([topic]);
  const producer = await kafka.producer();
  const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`);
  await producer.send(
    keys.map((key) => ({ topic: topic.name, partition: 0, key: Buffer.from(key), value: Buffer.from(key) })),
  );
  let applied = 0;
  const seen = new Set<number>();
  const watch = setInterval(() => seen.add(applied), 1);
  const table = openTable({
    kafka,
    topic,
    logger: createLogger({ level: 'silent' }),
    onChange: () => {
      applied += 1;
      const until = performance.now() + 3;
      while (performance.now() < until);
    },
  });
  await table.untilOffset(0, keys.length, new AbortController().signal);
  clearInterval(watch);
  expect(applied).toBe(keys.length);
  expect([...seen].filter((count) => count > 0 && count < keys.length).length).toBeGreaterThan(3);
  await table.close();
  await kafka.close();
});
