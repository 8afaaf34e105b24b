import { recordId } from '@tailrace/log-record/record-id.ts';
import type { Checkpoint as CheckpointRecord } from '@tailrace/schemas/generated/checkpoint.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { SourceEvent, SweepAxis, TimeRange } from '../contract/connector.ts';
import { type Coverage, freshCoverage, isEmitted, markSwept, never, stepIndex } from '../coverage/coverage.ts';
import { type IdSegment, RecentIds } from '../coverage/recent-ids.ts';
import { bandOf, closeOld, type SweepPlan } from '../coverage/sweep-plan.ts';

/** Whose checkpoint. */
export interface CheckpointIdentity {
  readonly connectionId: string;
  readonly provider: Provider;
  /** Set for what a rewind reads again, which is kept apart from what has been read of the source. */
  readonly rewindId?: string;
}

/** How a source is read; may differ from run to run. */
export interface CheckpointPlan {
  readonly axis: SweepAxis;
  readonly plan: SweepPlan;
}

/** A record of the table `checkpoints`. A null value deletes the key. */
export interface CheckpointChange {
  readonly key: string;
  readonly value: CheckpointRecord | null;
}

/** What became of the events of one page. */
export interface Admission {
  /** Not emitted before: to be emitted in the transaction that takes the changes. */
  readonly fresh: readonly SourceEvent[];
  /** How many of them became visible later than the declared bound. */
  readonly late: number;
  readonly repeated: number;
  /** Older than the start, or than any sweep looks. */
  readonly skipped: number;
}

/**
 * What one connection has given so far: decides for each event whether it was emitted before.
 *
 * It belongs to the connection and not to its configuration: an edit never moves it. Starting over after an edit would
 * emit some events twice, or lose those that had not been read yet; going on does neither. What only the new
 * configuration shows is emitted from about the visibility bound before the edit on.
 *
 * It is a value in memory whose changes go to Kafka in the transaction of the events that caused them. When a
 * transaction fails it is thrown away and read again. What is persisted may lag behind in progress (then some stretches
 * are swept once more), but never has an id been deleted whose event the persisted progress does not cover.
 */
export class Checkpoint {
  readonly identity: CheckpointIdentity;
  /** Events with an earlier event time are not emitted; microseconds. */
  readonly startTime: number;
  readonly #axis: SweepAxis;
  readonly #plan: SweepPlan;
  readonly #ids = new RecentIds();
  #coverage: Coverage;
  #progressChanged = false;
  #forgotten: number[] = [];

  private constructor(
    identity: CheckpointIdentity,
    { axis, plan }: CheckpointPlan,
    startTime: number,
    coverage: Coverage,
  ) {
    this.identity = identity;
    this.startTime = startTime;
    this.#axis = axis;
    this.#plan = plan;
    this.#coverage = coverage;
  }

  /**
   * The first run.
   * @param startTime event time of the oldest events wanted, microseconds.
   * @param stored what the table has from another provider: it is deleted.
   */
  static begin(
    identity: CheckpointIdentity,
    how: CheckpointPlan,
    startTime: number,
    stored: ReadonlyMap<string, CheckpointRecord> = new Map(),
  ): Checkpoint {
    const start = Math.floor(startTime / 1000) * 1000;
    // What happened after the start may bear an earlier ingestion time only where clocks differ.
    const axisStart = how.axis === 'ingestion' ? Math.max(0, start - how.plan.bound) : start;
    const checkpoint = new Checkpoint(identity, how, start, freshCoverage(axisStart));
    checkpoint.#progressChanged = true;
    for (const key of stored.keys()) {
      const number = segmentNumber(identity, key);
      if (number !== undefined) checkpoint.#forgotten.push(number);
    }
    return checkpoint;
  }

  /** As the table has it. @returns undefined where nothing of this provider has ever been read. */
  static restore(identity: CheckpointIdentity, how: CheckpointPlan, records: ReadonlyMap<string, CheckpointRecord>) {
    const head = records.get(progressKey(identity));
    if (!head?.progress || head.provider !== identity.provider) return undefined;
    if (head.rewind?.id !== identity.rewindId) return undefined;
    const { progress } = head;
    const steps = progress.swept.map(({ start, swept_at, floor }) => ({ start, sweptAt: swept_at, floor }));
    const checkpoint = new Checkpoint(identity, how, progress.start_time, {
      closedBefore: progress.closed_before,
      steps,
    });
    for (const [key, { emitted }] of records) {
      const number = segmentNumber(identity, key);
      if (emitted && number !== undefined) checkpoint.#ids.restore({ number, ...emitted });
    }
    checkpoint.#evict();
    return checkpoint;
  }

  get coverage(): Coverage {
    return this.#coverage;
  }

  /** Ids kept in memory. */
  get recentIds(): number {
    return this.#ids.size;
  }

  /** Has `takeChanges(true)` write the progress, though nothing was swept. */
  touch(): void {
    this.#progressChanged = true;
  }

  /** Whether there is progress, or forgotten ids, that `takeChanges(true)` would write. */
  get progressChanged(): boolean {
    return this.#progressChanged;
  }

  /**
   * Takes the events that are new and notes them as emitted. The caller must send them together with the changes, or
   * throw this object away.
   *
   * @param now by the provider's clock, microseconds.
   */
  admit(events: readonly SourceEvent[], now: number): Admission {
    const fresh: SourceEvent[] = [];
    let late = 0;
    let skipped = 0;
    // An id is forgotten when it is about this old, so this band's period decides how long it is kept.
    const coveredAt = now + this.#plan.bound;
    for (const event of events) {
      const ingested = event.observedTimestamp;
      const time = this.#axis === 'event' ? event.timestamp : ingested;
      if (event.timestamp < this.startTime || time < this.#coverage.closedBefore) {
        skipped += 1;
        continue;
      }
      if (isEmitted(this.#coverage, time, ingested)) continue;
      const id = recordId(this.identity.connectionId, event.id);
      if (!this.#ids.add(id, bandOf(this.#plan, coveredAt, time), time, ingested)) continue;
      fresh.push(event);
      if (this.#wasDue(time, ingested)) late += 1;
    }
    return { fresh, late, skipped, repeated: events.length - fresh.length - skipped };
  }

  /**
   * Notes that a sweep has ended and all its events are committed.
   *
   * @param sweptAt when it began, by the provider's clock, microseconds.
   */
  swept(range: TimeRange, sweptAt: number): void {
    const swept = markSwept(this.#coverage, range, sweptAt, this.#plan.bound);
    this.#coverage = closeOld(swept, this.#plan, sweptAt);
    this.#progressChanged = true;
    this.#evict();
  }

  /**
   * What must be written with the events admitted since the last call.
   * @param withProgress also what has been swept, and deletions. Needed only now and then.
   */
  takeChanges(withProgress: boolean): CheckpointChange[] {
    const changes = this.#ids.takeSegments().map((segment) => this.#segmentChange(segment));
    if (!withProgress || !this.#progressChanged) return changes;
    changes.push({ key: progressKey(this.identity), value: this.#progressRecord() });
    for (const number of this.#forgotten) changes.push({ key: segmentKey(this.identity, number), value: null });
    this.#forgotten = [];
    this.#progressChanged = false;
    return changes;
  }

  /** Whether a completed sweep should have shown the event, had it been visible within the declared bound. */
  #wasDue(time: number, ingested: number): boolean {
    const { sweptAt } = this.#coverage.steps[stepIndex(this.#coverage.steps, time)]!;
    return sweptAt !== never && ingested <= sweptAt - this.#plan.declaredBound;
  }

  #evict(): void {
    const forgotten = this.#ids.evict(this.#coverage);
    if (forgotten.length === 0) return;
    this.#forgotten.push(...forgotten);
    this.#progressChanged = true;
  }

  #segmentChange({ number, ...emitted }: IdSegment): CheckpointChange {
    const { connectionId, provider } = this.identity;
    return {
      key: segmentKey(this.identity, number),
      value: { connection_id: connectionId, provider, progress: null, emitted, rewind: null },
    };
  }

  #progressRecord(): CheckpointRecord {
    const { connectionId, provider } = this.identity;
    const swept = this.#coverage.steps.map(({ start, sweptAt, floor }) => ({ start, swept_at: sweptAt, floor }));
    const progress = { start_time: this.startTime, closed_before: this.#coverage.closedBefore, swept };
    return { connection_id: connectionId, provider, progress, emitted: null, rewind: null };
  }
}

/** The key of its progress in the table. */
export function progressKey({ connectionId, rewindId }: CheckpointIdentity): string {
  return rewindId === undefined ? connectionId : `${connectionId}/rewind`;
}

function segmentKey(identity: CheckpointIdentity, number: number): string {
  return `${progressKey(identity)}/${number}`;
}

function segmentNumber(identity: CheckpointIdentity, key: string): number | undefined {
  const prefix = `${progressKey(identity)}/`;
  const number = key.startsWith(prefix) ? key.slice(prefix.length) : '';
  return /^\d+$/.test(number) ? Number(number) : undefined;
}
