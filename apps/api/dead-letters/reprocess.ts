import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { Normalise } from '@tailrace/normalise/normalise.ts';
import type { DeadLetter } from '@tailrace/schemas/generated/dead-letter.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { deadReason } from '@tailrace/stream/processing/dead-letter.ts';
import { rawTopicNamed, topics } from '@tailrace/topics/topics.ts';

/** What the present code makes of a dead record. */
export type Reprocessed =
  | { readonly outcome: 'replayed'; readonly record: OutgoingRecord }
  /** It still cannot be read, or no code here reads its topic. */
  | { readonly outcome: 'still_dead' | 'not_replayable'; readonly reason: string; readonly detail: string };

const logNames: ReadonlySet<string> = new Set([topics.logs.name, topics.logsReplayed.name]);

/**
 * Takes a dead record through the code of today: a raw event through the normaliser, a canonical record as it is.
 *
 * @param value the record's whole value.
 * @param options.replayId what the new record bears.
 * @param options.partitions of `logs.replayed`.
 */
export function reprocess(
  letter: DeadLetter,
  value: Buffer,
  {
    replayId,
    partitions,
    normalise,
  }: { readonly replayId: string; readonly partitions: number; readonly normalise: Normalise },
): Reprocessed {
  const raw = rawTopicNamed(letter.topic);
  if (raw === undefined && !logNames.has(letter.topic)) {
    return {
      outcome: 'not_replayable',
      reason: 'unknown_topic',
      detail: `records of ${letter.topic} are not replayed`,
    };
  }
  try {
    const record = raw
      ? normalise(raw.codec.decode(value), letter, { replayId })
      : { ...topics.logs.codec.decode(value), replay_id: replayId };
    return checked(letter, record, partitions);
  } catch (error) {
    return { outcome: 'still_dead', reason: deadReason(error), detail: messageOf(error).slice(0, 2000) };
  }
}

function checked(letter: DeadLetter, record: LogRecord, partitions: number): Reprocessed {
  const { project_id: project, connection_id: connection } = record;
  if (project !== letter.project_id || connection !== letter.connection_id) {
    const detail = 'the record names another project or connection than its headers did';
    return { outcome: 'still_dead', reason: 'processing_failed', detail };
  }
  const headers = { project, connection };
  return { outcome: 'replayed', record: topicRecord(topics.logsReplayed, connection, record, { partitions, headers }) };
}
