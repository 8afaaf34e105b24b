import { bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { RuleMatcher } from '@tailrace/alert-rules/matching/rule-matcher.ts';
import { cutToLength } from '@tailrace/log-record/cut-text.ts';
import type { AlertLine } from '@tailrace/schemas/generated/alert-line.ts';
import type { GroupCounts } from '@tailrace/schemas/generated/group-counts.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { compareLines, minuteOf } from './sample-lines.ts';
import { SentLines, type SentMinute } from './sent-lines.ts';

export interface LineCounterOptions {
  readonly matcher: RuleMatcher;
  /** Event time from which a rule counts, microseconds; earlier lines are none of its business. */
  readonly since: (rule: CompiledRule) => number;
  /** Called for each line that was too early for a rule. */
  readonly onTooEarly?: () => void;
}

/** Where a record stands in `logs`. */
export interface LinePosition {
  readonly partition: number;
  readonly offset: number;
}

interface PolledBatch {
  readonly buckets: Map<number, number>;
  readonly lines: AlertLine[];
  minute: number;
  sent: SentMinute | undefined;
}

const maxBody = 1000;
/** Of one `GroupCounts`, so that a record stays far below what a topic takes. */
const maxLines = 200;

/** The first stage: counts lines by rule, group and bucket. What it counts of any parts of a stream adds up. */
export class LineCounter {
  readonly #options: LineCounterOptions;
  readonly #sent = new SentLines();
  #gathered = new Map<CompiledRule, Map<string, PolledBatch>>();

  constructor(options: LineCounterOptions) {
    this.#options = options;
  }

  /** Counts a line at once. */
  add(record: LogRecord, position: LinePosition): void {
    for (const _ of this.adding(record, position));
  }

  /** Counts a line in steps, one for each rule that is asked: a project may have many that take long. */
  *adding(record: LogRecord, position: LinePosition): Generator<undefined> {
    // All are asked before anything is counted: a test that throws leaves nothing half done.
    const rules: CompiledRule[] = [];
    for (const rule of this.#options.matcher.ask(record)) {
      if (rule) rules.push(rule);
      yield;
    }
    for (const rule of rules) this.#count(rule, record, position);
  }

  /** What was counted since the last call: one for each rule and group, and more where there are very many lines to show. */
  take(): GroupCounts[] {
    const counts: GroupCounts[] = [];
    for (const [{ rule }, groups] of this.#gathered) {
      for (const [group, { buckets, lines }] of groups) {
        const about = { rule_id: rule.id, rule_revision: rule.revision, group };
        lines.sort(compareLines);
        counts.push({
          ...about,
          buckets: Array.from(buckets, ([bucket, count]) => ({ bucket, count })),
          lines: lines.slice(0, maxLines),
        });
        for (let at = maxLines; at < lines.length; at += maxLines) {
          counts.push({ ...about, buckets: [], lines: lines.slice(at, at + maxLines) });
        }
      }
    }
    this.#gathered = new Map();
    return counts;
  }

  #count(rule: CompiledRule, record: LogRecord, position: LinePosition): void {
    if (record.timestamp < this.#options.since(rule)) {
      this.#options.onTooEarly?.();
      return;
    }
    const gathered = this.#of(rule, rule.groupOf(record));
    const bucket = bucketOf(record.timestamp);
    gathered.buckets.set(bucket, (gathered.buckets.get(bucket) ?? 0) + 1);
    if (rule.condition.type === 'silence') return;
    const minute = minuteOf(bucket);
    if (gathered.sent === undefined || gathered.minute !== minute) {
      gathered.sent = this.#sent.minute(rule, rule.groupOf(record), minute);
      gathered.minute = minute;
    }
    if (gathered.sent.takes(record)) gathered.lines.push(toAlertLine(record, position));
  }

  #of(rule: CompiledRule, group: string): PolledBatch {
    let groups = this.#gathered.get(rule);
    if (!groups) {
      groups = new Map();
      this.#gathered.set(rule, groups);
    }
    let gathered = groups.get(group);
    if (!gathered) {
      gathered = { buckets: new Map(), lines: [], minute: 0, sent: undefined };
      groups.set(group, gathered);
    }
    return gathered;
  }
}

function toAlertLine(record: LogRecord, { partition, offset }: LinePosition): AlertLine {
  const { id, timestamp, connection_id, stream, severity_number, body } = record;
  return { id, timestamp, connection_id, stream, severity_number, body: cutToLength(body, maxBody), partition, offset };
}
