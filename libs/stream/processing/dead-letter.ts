import { DecodeError, UnknownSchemaError } from '@tailrace/avro/errors.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { RecordTooLargeError } from '@tailrace/kafka/errors.ts';
import type { FetchedRecord, OutgoingRecord, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { DeadLetter } from '@tailrace/schemas/generated/dead-letter.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** Why a record is dead; stable words for metrics and for the list of dead letters. */
export const deadReasons = ['decode_failed', 'unknown_schema', 'record_too_large', 'processing_failed'] as const;
export type DeadReason = (typeof deadReasons)[number];

/** The reason that an error stands for. */
export function deadReason(error: unknown): DeadReason {
  if (error instanceof DecodeError) return 'decode_failed';
  if (error instanceof UnknownSchemaError) return 'unknown_schema';
  if (error instanceof RecordTooLargeError) return 'record_too_large';
  return 'processing_failed';
}

/** A dead letter keeps this much of the record's value, bytes; its place says where the rest is. */
export const maxDeadValueBytes = 512 * 1024;

interface DeadRecord {
  readonly group: string;
  readonly partition: TopicPartition;
  readonly record: FetchedRecord;
  readonly reason: DeadReason;
  readonly error: unknown;
  /** Partitions of `logs.dead`. */
  readonly partitions: number;
}

/** Letters of one partition stand in one partition of `logs.dead`. */
export function deadLetterKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** The record for `logs.dead`, to be sent in the transaction that commits the dead record's offset. */
export function deadLetterRecord({ group, partition, record, reason, error, partitions }: DeadRecord): OutgoingRecord {
  const project = record.headers.get('project')?.toString() ?? null;
  const connection = record.headers.get('connection')?.toString() ?? null;
  const letter: DeadLetter = {
    reason,
    detail: messageOf(error).slice(0, 2000),
    group,
    topic: partition.topic,
    partition: partition.partition,
    offset: record.offset,
    failed_at: Date.now() * 1000,
    project_id: project,
    connection_id: connection,
    value: (record.value ?? Buffer.alloc(0)).subarray(0, maxDeadValueBytes),
  };
  const headers = project === null || connection === null ? undefined : { project, connection };
  return topicRecord(topics.dead, deadLetterKey(partition), letter, { partitions, headers });
}
