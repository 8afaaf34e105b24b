import type { Checkpoint as CheckpointRecord } from '@tailrace/schemas/generated/checkpoint.ts';
import type { ConnectionRewind } from '@tailrace/schemas/generated/connection-rewind.ts';
import type { RewindStatus } from '@tailrace/schemas/generated/rewind-status.ts';
import type { SourceEvent, SweepAxis, TimeRange } from '../contract/connector.ts';
import { never } from '../coverage/coverage.ts';
import type { SweepPlan } from '../coverage/sweep-plan.ts';
import {
  type Admission,
  Checkpoint,
  type CheckpointChange,
  type CheckpointIdentity,
  progressKey,
} from './checkpoint.ts';

export interface RewindCheckpointOptions {
  readonly identity: CheckpointIdentity;
  readonly axis: SweepAxis;
  /** The connection's visibility bound, microseconds. */
  readonly boundMicros: number;
  readonly rewind: ConnectionRewind;
  /** All that the table has of the connection. */
  readonly stored: ReadonlyMap<string, CheckpointRecord>;
}

/**
 * What a rewind has read again so far. It decides by a checkpoint of its own, as the live one does by its: a crash
 * neither skips nor doubles what is emitted again, and what is emitted again does not count as emitted live.
 *
 * The rewind takes the events with an event time from `to` up to the request for it that were ingested before that
 * request. What is ingested later is live, and only live. An event of that range which live had not emitted (it came
 * late, or is older than the connection's start) is emitted here, and by the live lanes too where they find it: viewers
 * and alerts have never seen it, and the stored line has one id.
 */
export class RewindCheckpoint {
  readonly #rewind: ConnectionRewind;
  readonly #checkpoint: Checkpoint;
  readonly #key: string;
  #events: number;
  #finishedAt: number | null;

  private constructor(rewind: ConnectionRewind, checkpoint: Checkpoint, head: CheckpointRecord | undefined) {
    this.#rewind = rewind;
    this.#checkpoint = checkpoint;
    this.#key = progressKey(checkpoint.identity);
    this.#events = head?.rewind?.events ?? 0;
    this.#finishedAt = head?.rewind?.finished_at ?? null;
  }

  /** Goes on where the table says, or begins; what the table has of an earlier rewind is deleted. */
  static open({ identity, axis, boundMicros, rewind, stored }: RewindCheckpointOptions): RewindCheckpoint {
    const own = { ...identity, rewindId: rewind.id };
    const how = { axis, plan: onceOver(boundMicros) };
    const restored = Checkpoint.restore(own, how, stored);
    const checkpoint = restored ?? Checkpoint.begin(own, how, rewind.to, stored);
    return new RewindCheckpoint(rewind, checkpoint, restored && stored.get(progressKey(own)));
  }

  get isFinished(): boolean {
    return this.#finishedAt !== null;
  }

  /** What is still to be read, on the sweep's axis; empty when all is. */
  get left(): TimeRange {
    return { start: Math.min(this.#position, this.#end), end: this.#end };
  }

  get progressChanged(): boolean {
    return this.#checkpoint.progressChanged;
  }

  /** See `Checkpoint.admit`; events that are not the rewind's are skipped. */
  admit(events: readonly SourceEvent[], now: number): Admission {
    const { requested_at: until } = this.#rewind;
    const wanted = events.filter((event) => event.timestamp < until && event.observedTimestamp < until);
    const admission = this.#checkpoint.admit(wanted, now);
    this.#events += admission.fresh.length;
    if (admission.fresh.length > 0) this.#checkpoint.touch();
    return { ...admission, skipped: admission.skipped + events.length - wanted.length };
  }

  /** Notes that a stretch has been read and all its events are committed: it is settled, whatever the clocks say. */
  swept(range: TimeRange): void {
    this.#checkpoint.swept(range, range.end + settledAfter);
  }

  /** @param now microseconds. */
  finished(now: number): void {
    this.#finishedAt = now;
    this.#checkpoint.touch();
  }

  /** What must be written with the events admitted since the last call: always with the progress, which is small. */
  takeChanges(): CheckpointChange[] {
    const rewind = { id: this.#rewind.id, events: this.#events, finished_at: this.#finishedAt };
    return this.#checkpoint
      .takeChanges(true)
      .map(({ key, value }) => ({ key, value: key === this.#key && value ? { ...value, rewind } : value }));
  }

  status(): RewindStatus {
    const position = this.isFinished ? this.#end : Math.max(this.left.start, this.#rewind.to);
    return { id: this.#rewind.id, position, events: this.#events, finished_at: this.#finishedAt };
  }

  /** Everything before it has been read again. */
  get #position(): number {
    return this.#checkpoint.coverage.steps.find(({ sweptAt }) => sweptAt === never)?.start ?? Number.POSITIVE_INFINITY;
  }

  get #end(): number {
    return Math.ceil(this.#rewind.requested_at / 1000) * 1000;
  }
}

const leastTier = 1000;
/** By the plan, a stretch that was swept this long after its end needs no further look. */
const settledAfter = 10 * leastTier;

/** One look at everything: whatever has been swept is settled, and its ids are forgotten. */
function onceOver(bound: number): SweepPlan {
  return { tiers: [{ lookback: leastTier, every: leastTier }], future: 0, settling: 0, declaredBound: bound, bound };
}
