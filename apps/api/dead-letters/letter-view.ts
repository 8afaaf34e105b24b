import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { writtenOut } from '@tailrace/log-record/visible-text.ts';
import type { DeadLetter } from '@tailrace/schemas/generated/dead-letter.ts';
import { maxDeadValueBytes } from '@tailrace/stream/processing/dead-letter.ts';
import { z } from 'zod';
import type { LetterMarks, LetterPlace } from './letter-marks.ts';

export const letterView = z
  .object({
    partition: z.int().describe('With the offset: names the letter.'),
    offset: z.int(),
    failed_at: z.string().describe('RFC 3339.'),
    reason: z.string().describe('Stable code, such as decode_failed.'),
    detail: z.string(),
    group: z.string().describe('The consumer group that could not read the record.'),
    record: z
      .object({ topic: z.string(), partition: z.int(), offset: z.int().describe('-1: it was never written.') })
      .describe('Where the record stands.'),
    connection_id: z.string().nullable(),
    size: z.int().describe('Bytes of the record’s value that the letter holds.'),
    is_cut: z.boolean().describe('Whether the record has more.'),
    preview: z.string().describe('How its value begins, as text; control characters are escaped.'),
    replayed_at: z.string().nullable().describe('When it was put back last.'),
    replay_id: z.string().nullable(),
  })
  .meta({ id: 'DeadLetter' });

const previewBytes = 1000;

/** A letter as its project's people see it. */
export function toLetterView(letter: DeadLetter, place: LetterPlace, marks: LetterMarks): z.output<typeof letterView> {
  const mark = marks.of(place);
  return {
    partition: place.partition,
    offset: place.offset,
    failed_at: isoNanos(letter.failed_at),
    reason: letter.reason,
    detail: letter.detail,
    group: letter.group,
    record: { topic: letter.topic, partition: letter.partition, offset: letter.offset },
    connection_id: letter.connection_id,
    size: letter.value.length,
    is_cut: letter.value.length >= maxDeadValueBytes,
    preview: preview(letter.value),
    replayed_at: mark === undefined ? null : isoNanos(mark.replayed_at),
    replay_id: mark?.id ?? null,
  };
}

/** What cannot be shown, or would change how the rest is shown, as \uXXXX. */
function preview(value: Buffer): string {
  return value
    .subarray(0, previewBytes)
    .toString()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, writtenOut);
}
