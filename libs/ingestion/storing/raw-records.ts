import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { RecordTooLargeError } from '@tailrace/kafka/errors.ts';
import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { DeadLetter } from '@tailrace/schemas/generated/dead-letter.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { type DeadReason, deadLetterKey, maxDeadValueBytes } from '@tailrace/stream/processing/dead-letter.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import type { SourceEvent } from '../contract/connector.ts';

export interface RawRecordContext {
  readonly connectionId: string;
  readonly projectId: string;
  readonly provider: Provider;
  /** What the connection describes as its source. */
  readonly source: Readonly<Record<string, string>>;
  /** The rewind that reads them again; left out for live events. */
  readonly rewindId?: string;
  /** Partitions of a topic, as the broker has them. */
  readonly partitionsOf: (topic: string) => number;
}

/** Makes the records of one connection. The connection id chooses the partition, so its events keep their order. */
export function rawRecords(context: RawRecordContext): (event: SourceEvent, readAt: number) => OutgoingRecord {
  const { connectionId, projectId, provider, source, rewindId = null, partitionsOf } = context;
  const topic = rawTopics[provider];
  const partition = partitionFor(connectionId, partitionsOf(topic.name));
  const headers = { project: projectId, connection: connectionId };
  return (event, readAt) => {
    const raw: RawEvent = {
      connection_id: connectionId,
      project_id: projectId,
      provider,
      event_id: event.id,
      timestamp: event.timestamp,
      timestamp_nanos: event.timestampNanos,
      observed_timestamp: event.observedTimestamp,
      ingest_timestamp: readAt,
      source,
      stream: event.stream,
      payload: event.payload,
      rewind_id: rewindId,
    };
    const place = { topic: topic.name, partition };
    try {
      return topicRecord(topic, connectionId, raw, { partition, headers });
    } catch (error) {
      const detail = messageOf(error);
      if (error instanceof RecordTooLargeError) {
        return deadRecord(context, place, { reason: 'record_too_large', detail, value: topic.codec.encode(raw) });
      }
      const value = Buffer.from(String(event.payload));
      return deadRecord(context, place, { reason: 'processing_failed', detail, value });
    }
  };
}

/** An event that cannot be written is kept where people look for what was not read, in the same transaction. */
function deadRecord(
  context: RawRecordContext,
  raw: { readonly topic: string; readonly partition: number },
  { reason, detail, value }: { readonly reason: DeadReason; readonly detail: string; readonly value: Buffer },
): OutgoingRecord {
  const { connectionId, projectId, partitionsOf } = context;
  const letter: DeadLetter = {
    reason,
    detail,
    group: 'ingest',
    topic: raw.topic,
    partition: raw.partition,
    offset: -1,
    failed_at: Date.now() * 1000,
    project_id: projectId,
    connection_id: connectionId,
    value: value.subarray(0, maxDeadValueBytes),
  };
  return topicRecord(topics.dead, deadLetterKey(raw), letter, {
    partitions: partitionsOf(topics.dead.name),
    headers: { project: projectId, connection: connectionId },
  });
}
