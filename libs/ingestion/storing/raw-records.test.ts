import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { describe, expect, it } from 'vitest';
import { rawRecords } from './raw-records.ts';

const make = rawRecords({
  connectionId: 'conn_a',
  projectId: 'project',
  provider: 'gcp',
  source: { project_id: 'p' },
  partitionsOf: () => 6,
});
const event = { id: 'e', timestamp: 5, timestampNanos: 7, observedTimestamp: 9, stream: 's', payload: '{"a":1}' };

describe('rawRecords', () => {
  it("writes the event as it came, to the connection's partition of its provider's topic", () => {
    const record = make(event, 11);
    expect(record).toMatchObject({
      topic: 'logs.raw.gcp',
      partition: partitionFor('conn_a', 6),
      key: Buffer.from('conn_a'),
      headers: { project: 'project', connection: 'conn_a' },
    });
    expect(topics.rawGcp.codec.decode(record.value!)).toEqual({
      connection_id: 'conn_a',
      project_id: 'project',
      provider: 'gcp',
      event_id: 'e',
      timestamp: 5,
      timestamp_nanos: 7,
      observed_timestamp: 9,
      ingest_timestamp: 11,
      source: { project_id: 'p' },
      stream: 's',
      payload: '{"a":1}',
      rewind_id: null,
    });
  });

  it('keeps an event that Kafka would refuse among the dead letters, cut', () => {
    const record = make({ ...event, payload: 'x'.repeat(4 * 1024 * 1024) }, 11);
    expect(record.topic).toBe(topics.dead.name);
    const letter = topics.dead.codec.decode(record.value!);
    expect(letter).toMatchObject({ reason: 'record_too_large', topic: 'logs.raw.gcp', connection_id: 'conn_a' });
    expect(letter.value.length).toBe(512 * 1024);
  });

  it('keeps an event that the schema cannot hold there too', () => {
    const record = make({ ...event, timestampNanos: 0.5 }, 11);
    const letter = topics.dead.codec.decode(record.value!);
    expect(letter).toMatchObject({ reason: 'processing_failed', value: Buffer.from(event.payload) });
    expect(letter.detail).toContain('timestamp_nanos');
  });
});
