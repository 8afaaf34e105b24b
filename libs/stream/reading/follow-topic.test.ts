import { DecodeError } from '@tailrace/avro/errors.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Following, followTopic } from './follow-topic.ts';

const topic: TopicSpec<string> = {
  name: 'news',
  kind: 'stream',
  partitions: 2,
  config: {},
  codec: {
    name: 'text',
    encode: (value) => Buffer.from(value),
    decode: (bytes) => {
      if (bytes.toString() === 'unreadable') throw new DecodeError('not text of ours');
      return bytes.toString();
    },
  },
};

let broker: MemoryBroker;
let told: string[];
let following: Following | undefined;
beforeEach(async () => {
  broker = memoryBroker();
  told = [];
  following = undefined;
  await broker.connect().admin.createTopics([topic]);
});
afterEach(async () => following?.close());

async function write(...values: string[]): Promise<void> {
  const producer = await broker.connect().producer();
  await producer.send(
    values.map((value, index) => ({ topic: topic.name, partition: index % 2, key: null, value: Buffer.from(value) })),
  );
}

const follow = () =>
  followTopic({
    kafka: broker.connect(),
    topic,
    logger: createLogger({ level: 'silent' }),
    onValue: (value) => told.push(value),
  });

it('following a topic passes each follower everything that comes after it, and nothing before', async () => {
  await write('old', 'old');
  following = await follow();
  const others: string[] = [];
  const other = await followTopic({
    kafka: broker.connect(),
    topic,
    logger: createLogger({ level: 'silent' }),
    onValue: (value) => others.push(value),
  });
  await write('a', 'b', 'c');
  await expect
    .poll(() => [told.toSorted(), others.toSorted()])
    .toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  await other.close();
});

it('following a topic goes on behind a record that cannot be read', async () => {
  following = await follow();
  await write('unreadable', 'x', 'after');
  await expect.poll(() => told.toSorted()).toEqual(['after', 'x']);
});

it('following a topic goes on once a topic was deleted and made again', async () => {
  following = await follow();
  await write('a');
  await expect.poll(() => told).toEqual(['a']);
  const { admin } = broker.connect();
  await admin.deleteTopics([topic.name]);
  await admin.createTopics([topic]);
  await expect
    .poll(
      async () => {
        await write('b');
        return told.includes('b');
      },
      { timeout: 20_000 },
    )
    .toBe(true);
});
