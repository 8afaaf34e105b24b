import { bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { AlertLine } from '@tailrace/schemas/generated/alert-line.ts';
import type { BucketCount } from '@tailrace/schemas/generated/bucket-count.ts';
import type { GroupState } from '@tailrace/schemas/generated/group-state.ts';
import type { MinuteState } from '@tailrace/schemas/generated/minute-state.ts';
import { type EvaluationStore, piece } from './evaluation-store.ts';
import { bucketsOfMinute, compareLines, maxAlertLines, minuteOf, sampleOf } from './sample-lines.ts';
import type { Count } from './scan.ts';

const noMinute: MinuteState = { counts: [0, 0, 0, 0, 0, 0], lines: [] };

/** One group of a rule in the store: a head, and a piece for each minute that has lines, so that little is written for a little change. */
export class GroupStore {
  readonly #store: EvaluationStore;
  readonly #rule: string;
  readonly #group: string;

  constructor(store: EvaluationStore, rule: string, group: string) {
    this.#store = store;
    this.#rule = rule;
    this.#group = group;
  }

  get head(): GroupState | undefined {
    return this.#store.get(groupKey(this.#rule, this.#group))?.group ?? undefined;
  }

  set head(group: GroupState) {
    this.#store.set(groupKey(this.#rule, this.#group), piece({ group }));
  }

  /** Adds lines. @returns the minutes that have some now, ascending. */
  add(minutes: readonly number[], buckets: readonly BucketCount[], lines: readonly AlertLine[]): readonly number[] {
    const byMinute = Map.groupBy(buckets, ({ bucket }) => minuteOf(bucket));
    const linesByMinute = Map.groupBy(lines, ({ timestamp }) => minuteOf(bucketOf(timestamp)));
    const known = new Set([...minutes, ...byMinute.keys()]);
    for (const minute of new Set([...byMinute.keys(), ...linesByMinute.keys()])) {
      // Lines whose minute counts nothing came too late.
      if (!known.has(minute)) continue;
      const added = byMinute.get(minute) ?? [];
      const before = this.#minute(minute);
      const counts = [...before.counts];
      for (const { bucket, count } of added) {
        const place = bucket - minute * bucketsOfMinute;
        counts[place] = (counts[place] ?? 0) + count;
      }
      const fresh = linesByMinute.get(minute);
      this.#setMinute(minute, { counts, lines: fresh ? sampleOf([...before.lines, ...fresh]) : before.lines });
    }
    return [...known].sort((one, other) => one - other);
  }

  /** Forgets the minutes that end before a bucket. @returns those that are left. */
  forget(minutes: readonly number[], before: number): readonly number[] {
    const gone = (minute: number) => (minute + 1) * bucketsOfMinute <= before;
    if (!minutes.some(gone)) return minutes;
    for (const minute of minutes) if (gone(minute)) this.#store.delete(minuteKey(this.#rule, minute, this.#group));
    return minutes.filter((minute) => !gone(minute));
  }

  /** Ascending, none 0. */
  counts(minutes: readonly number[]): Count[] {
    return minutes.flatMap((minute) =>
      this.#minute(minute).counts.flatMap((count, place) =>
        count > 0 ? [{ bucket: minute * bucketsOfMinute + place, count }] : [],
      ),
    );
  }

  /** The last bucket up to one that has a line, that one included; undefined where none has. */
  lastUpTo(minutes: readonly number[], bucket: number): number | undefined {
    for (const minute of minutes.toReversed()) {
      if (minute > minuteOf(bucket)) continue;
      const last = this.#minute(minute).counts.findLastIndex(
        (count, place) => count > 0 && minute * bucketsOfMinute + place <= bucket,
      );
      if (last >= 0) return minute * bucketsOfMinute + last;
    }
    return undefined;
  }

  /** The first lines from one bucket to before another, in order. */
  lines(minutes: readonly number[], from: number, to: number): AlertLine[] {
    const found: AlertLine[] = [];
    for (const minute of minutes) {
      if (found.length >= maxAlertLines || minute > minuteOf(to - 1)) break;
      if (minute < minuteOf(from)) continue;
      found.push(
        ...this.#minute(minute).lines.filter(({ timestamp }) => {
          const bucket = bucketOf(timestamp);
          return bucket >= from && bucket < to;
        }),
      );
    }
    return found.sort(compareLines).slice(0, maxAlertLines);
  }

  delete(): void {
    for (const minute of this.head?.segments ?? []) this.#store.delete(minuteKey(this.#rule, minute, this.#group));
    this.#store.delete(groupKey(this.#rule, this.#group));
  }

  #minute(minute: number): MinuteState {
    return this.#store.get(minuteKey(this.#rule, minute, this.#group))?.minute ?? noMinute;
  }

  #setMinute(minute: number, state: MinuteState): void {
    this.#store.set(minuteKey(this.#rule, minute, this.#group), piece({ minute: state }));
  }
}

function groupKey(rule: string, group: string): string {
  return `group/${rule}/${group}`;
}

function minuteKey(rule: string, minute: number, group: string): string {
  return `minute/${rule}/${minute}/${group}`;
}

/** Rule and group of a head's key; undefined for any other key. Ids of rules have no slash. */
export function groupOfKey(key: string): readonly [rule: string, group: string] | undefined {
  if (!key.startsWith('group/')) return undefined;
  const end = key.indexOf('/', 6);
  return [key.slice(6, end), key.slice(end + 1)];
}
