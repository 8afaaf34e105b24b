import { bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { compareLines, maxAlertLines, sampleOf } from './sample-lines.ts';

type Mark = Pick<LogRecord, 'timestamp' | 'id'>;

/** The sample of one minute as far as it has been sent. */
export class SentMinute {
  #marks: readonly Mark[] = [];

  /** Whether the line belongs to the minute's sample, and so must be sent. */
  takes({ timestamp, id }: Mark): boolean {
    const last = this.#marks.at(-1);
    const mark = { timestamp, id };
    // The usual case of a busy minute: full, and the line is behind everything in a bucket that has its first.
    if (last && this.#marks.length >= maxAlertLines && compareLines(mark, last) > 0) {
      if (bucketOf(last.timestamp) === bucketOf(timestamp)) return false;
    }
    const sample = sampleOf([...this.#marks, mark]);
    if (!sample.includes(mark)) return false;
    this.#marks = sample;
    return true;
  }
}

const maxMinutes = 20_000;

/**
 * Remembers which lines the second stage has been sent, so that a storm costs it ten lines a minute. Forgetting costs
 * repeats, nothing else: two generations of minutes are kept, and the older one goes when the younger is full.
 */
export class SentLines {
  #young = new Map<string, SentMinute>();
  #old = new Map<string, SentMinute>();

  minute({ rule: { id, revision } }: CompiledRule, group: string, minute: number): SentMinute {
    const key = `${id}/${revision}/${minute}/${group}`;
    let sent = this.#young.get(key);
    if (!sent) {
      sent = this.#old.get(key) ?? new SentMinute();
      if (this.#young.size >= maxMinutes) {
        this.#old = this.#young;
        this.#young = new Map();
      }
      this.#young.set(key, sent);
    }
    return sent;
  }
}
