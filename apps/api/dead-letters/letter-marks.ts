import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { DeadLetterReplay } from '@tailrace/schemas/generated/dead-letter-replay.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** Where a letter stands in `logs.dead`. */
export interface LetterPlace {
  readonly partition: number;
  readonly offset: number;
}

/** Which letters were put back, by their place. */
export interface LetterMarks {
  readonly table: Table<DeadLetterReplay>;
  /** The replay that put the letter back last. */
  of(place: LetterPlace): DeadLetterReplay | undefined;
}

/** Opens the table of what was put back. */
export function openLetterMarks(kafka: Kafka, logger: Logger): LetterMarks {
  const partitions = new Map<number, Map<number, DeadLetterReplay>>();
  const table = openTable({
    kafka,
    topic: topics.deadLetterReplays,
    logger,
    onChange({ value, previous }) {
      // Past its retention; the letters are too.
      for (const { partition, offset } of previous?.letters ?? []) {
        const marks = partitions.get(partition);
        if (marks?.get(offset) === previous) marks?.delete(offset);
      }
      for (const { partition, offset } of value?.letters ?? []) {
        const marks = partitions.get(partition) ?? new Map<number, DeadLetterReplay>();
        partitions.set(partition, marks);
        if (value!.replayed_at >= (marks.get(offset)?.replayed_at ?? 0)) marks.set(offset, value!);
      }
    },
  });
  return { table, of: ({ partition, offset }) => partitions.get(partition)?.get(offset) };
}
