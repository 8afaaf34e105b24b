import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { describe, expect, it } from 'vitest';
import { RecordTooLargeError } from './errors.ts';

import { memoryBroker } from './memory/memory-broker.ts';
import { partitionFor } from './partitioner.ts';
import { encodedRecord, topicRecord } from './topic-record.ts';

const text: TopicSpec<string> = {
  name: 'text',
  kind: 'stream',
  partitions: 7,
  config: { 'max.message.bytes': '1000000' },
  codec: { ...topics.positions.codec, encode: (value: string) => Buffer.from(value), decode: String },
};

describe('topicRecord', () => {
  it('puts a record into the partition of its key, as the topic is declared or as the broker has it', () => {
    expect(topicRecord(text, 'key', 'value').partition).toBe(partitionFor('key', 7));
    expect(topicRecord(text, 'key', 'value', { partitions: 3 }).partition).toBe(partitionFor('key', 3));
    expect(topicRecord(text, 'key', 'value', { partitionKey: 'other' }).partition).toBe(partitionFor('other', 7));
    expect(topicRecord(text, 'key', 'value', { partition: 5 }).partition).toBe(5);
  });

  it('encodes the value by the topic, and leaves a tombstone without one', () => {
    expect(topicRecord(text, 'key', 'value', { headers: { project: 'demo' } })).toMatchObject({
      topic: 'text',
      key: Buffer.from('key'),
      value: Buffer.from('value'),
      headers: { project: 'demo' },
    });
    expect(topicRecord(text, 'key', null)).not.toHaveProperty('headers');
    expect(topicRecord(text, 'key', null).value).toBeNull();
  });

  it('refuses what the topic would not take, and only that: key and headers count', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([text]);
    const producer = await kafka.producer();
    const headers = { project: 'p'.repeat(50_000), connection: 'é'.repeat(50_000) };
    const room = 1_000_000 - 150_000 - 200;
    const largest = topicRecord(text, 'k'.repeat(100), 'v'.repeat(room - 200), { headers });
    await producer.send([largest]);
    expect(() => topicRecord(text, 'k'.repeat(100), 'v'.repeat(room + 200), { headers })).toThrow(RecordTooLargeError);
    expect(() => topicRecord(text, 'key', 'v'.repeat(1_000_000))).toThrow("over text's limit of 1000000");
  });

  it('leaves the size of what is encoded already to the broker, which counts it compressed', () => {
    const value = Buffer.alloc(2_000_000);
    expect(encodedRecord(text, 'key', value).value).toBe(value);
  });
});
