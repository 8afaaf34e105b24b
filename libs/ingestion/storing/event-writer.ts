import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import type { PartitionWriter } from '@tailrace/stream/partition-writer.ts';
import type { ProviderClock } from '../asking/provider-clock.ts';
import type { SourceEvent } from '../contract/connector.ts';
import type { IngestMetrics } from '../reporting/ingest-metrics.ts';
import type { Checkpoint, CheckpointChange } from './checkpoint.ts';

/** What decides which events are new, and what it must have written with them. */
export type AdmittingCheckpoint = Pick<Checkpoint, 'admit' | 'takeChanges' | 'progressChanged'>;

export interface EventWriterOptions {
  readonly checkpoint: AdmittingCheckpoint;
  readonly writer: PartitionWriter;
  readonly clock: ProviderClock;
  readonly metrics: IngestMetrics;
  /** Called with what was committed, to count it. */
  readonly committed: (emitted: Emitted) => void;
  /** Called with events that are not wanted, as soon as they are seen. */
  readonly skipped: (events: number) => void;
  readonly rawRecord: (event: SourceEvent, readAt: number) => OutgoingRecord;
  readonly checkpointRecord: (change: CheckpointChange) => OutgoingRecord;
}

/** The new events of one write. */
export interface Emitted {
  readonly events: readonly SourceEvent[];
  /** Of their payloads. */
  readonly bytes: number;
  /** How many of them became visible later than the declared bound. */
  readonly late: number;
}

/** One write holds about this much, so that a page of any size needs little memory. */
const maxWriteEvents = 2000;
const maxWriteBytes = 2 * 1024 * 1024;

/** How often progress is noted while events come, and while none do. It only saves sweeping again after a restart. */
const busyProgressMs = 5000;
const idleProgressMs = 60_000;

/** Puts the events that are new, with the checkpoint's change, into transactions. */
export class EventWriter {
  readonly #options: EventWriterOptions;
  #failure: { readonly cause: unknown } | undefined;
  #lastProgress = Number.NEGATIVE_INFINITY;
  #emittedSince = false;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  /**
   * What was admitted could not be written, so the checkpoint in memory is ahead of the table: this run must end.
   * @throws what it failed by.
   */
  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.cause;
  }

  /**
   * Resolves when the new ones among the events are committed and counted.
   * @returns how many were new.
   */
  async emit(events: readonly SourceEvent[]): Promise<number> {
    let fresh = 0;
    let previous: Promise<number> = Promise.resolve(0);
    for (const slice of slicesOf(events)) {
      const writing = this.#write(slice);
      // A failure reaches us through `previous`, or through the writer, which fails everything.
      writing.catch(() => undefined);
      fresh += await previous;
      previous = writing;
    }
    return fresh + (await previous);
  }

  /** Notes what has been swept, when it is time to. @param now whether it is time in any case. */
  noteProgress(now = false): void {
    const everyMs = this.#emittedSince ? busyProgressMs : idleProgressMs;
    if (!now && performance.now() - this.#lastProgress < everyMs) return;
    this.writeProgress().catch(() => undefined);
  }

  /** Resolves when what has been swept is committed. @throws what the writer failed by. */
  async writeProgress(): Promise<void> {
    const { checkpoint, writer } = this.#options;
    if (checkpoint.progressChanged) await writer.write(this.#changes(true));
  }

  async #write(events: readonly SourceEvent[]): Promise<number> {
    const { checkpoint, writer, clock, metrics, rawRecord, committed } = this.#options;
    this.throwIfFailed();
    const usable = events.map(withUsableTimes);
    const { fresh, late, skipped } = checkpoint.admit(usable, clock.now());
    this.#options.skipped(skipped);
    if (fresh.length === 0) return 0;
    try {
      // Since the admission nothing was awaited: changes must reach the writer in the order they were made.
      const readAt = Date.now() * 1000;
      const records = fresh.map((event) => rawRecord(event, readAt));
      this.#emittedSince = true;
      records.push(...this.#changes(performance.now() - this.#lastProgress > busyProgressMs));
      await writer.write(records);
    } catch (cause) {
      this.#failure ??= { cause };
      throw cause;
    }
    const bytes = fresh.reduce((sum, { payload }) => sum + payload.length, 0);
    metrics.emitted(fresh.length, bytes);
    metrics.late(late);
    committed({ events: fresh, bytes, late });
    return fresh.length;
  }

  #changes(withProgress: boolean): OutgoingRecord[] {
    const { checkpoint, checkpointRecord } = this.#options;
    if (withProgress) {
      this.#lastProgress = performance.now();
      this.#emittedSince = false;
    }
    return checkpoint.takeChanges(withProgress).map(checkpointRecord);
  }
}

/**
 * Times that are no whole numbers would spoil every comparison. An event without an event time has that of its ingestion;
 * one without either is as old as can be, and is skipped. Its payload says what it said.
 */
function withUsableTimes(event: SourceEvent): SourceEvent {
  const { timestamp, observedTimestamp } = event;
  if (Number.isSafeInteger(timestamp) && Number.isSafeInteger(observedTimestamp)) return event;
  const usable = [timestamp, observedTimestamp].map(Math.floor).filter(Number.isSafeInteger);
  return { ...event, timestamp: usable[0] ?? 0, observedTimestamp: usable.at(-1) ?? 0 };
}

function* slicesOf(events: readonly SourceEvent[]): Generator<readonly SourceEvent[]> {
  let start = 0;
  let bytes = 0;
  for (const [index, { payload }] of events.entries()) {
    bytes += payload.length;
    if (index - start + 1 < maxWriteEvents && bytes < maxWriteBytes) continue;
    yield events.slice(start, index + 1);
    start = index + 1;
    bytes = 0;
  }
  if (start < events.length) yield events.slice(start);
}
