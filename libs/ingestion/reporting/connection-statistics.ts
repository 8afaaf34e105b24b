import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { SourceEvent } from '../contract/connector.ts';
import { LatenessHistogram } from './lateness-histogram.ts';

/** The numbers of a status. */
type Numbers = Pick<
  ConnectionStatus,
  | 'events'
  | 'bytes'
  | 'requests'
  | 'errors'
  | 'throttles'
  | 'late_events'
  | 'skipped_events'
  | 'events_per_second'
  | 'lateness_p50_ms'
  | 'lateness_p95_ms'
  | 'lateness_p99_ms'
  | 'lateness'
  | 'last_event_time'
  | 'last_event_seen_at'
>;

const rateSlots = 6;
const slotMs = 10_000;

/** What one connection has given. Totals go on from the status published last. */
export class ConnectionStatistics {
  readonly #lateness: LatenessHistogram;
  readonly #slots: number[] = new Array<number>(rateSlots).fill(0);
  #slot = 0;
  events: number;
  bytes: number;
  requests: number;
  errors: number;
  throttles: number;
  lateEvents: number;
  skippedEvents: number;
  lastEventTime: number | null;
  lastEventSeenAt: number | null;

  constructor(previous?: ConnectionStatus) {
    this.#lateness = new LatenessHistogram(previous?.lateness);
    this.events = previous?.events ?? 0;
    this.bytes = previous?.bytes ?? 0;
    this.requests = previous?.requests ?? 0;
    this.errors = previous?.errors ?? 0;
    this.throttles = previous?.throttles ?? 0;
    this.lateEvents = previous?.late_events ?? 0;
    this.skippedEvents = previous?.skipped_events ?? 0;
    this.lastEventTime = previous?.last_event_time ?? null;
    this.lastEventSeenAt = previous?.last_event_seen_at ?? null;
  }

  /**
   * Counts events that have been committed.
   * @param now by this machine's clock, microseconds.
   */
  emitted(events: readonly SourceEvent[], bytes: number, now: number): void {
    if (events.length === 0) return;
    this.#lateness.passTo(now);
    let newest = Number.NEGATIVE_INFINITY;
    for (const { timestamp, observedTimestamp } of events) {
      newest = Math.max(newest, timestamp);
      this.#lateness.observe((observedTimestamp - timestamp) / 1000);
    }
    this.events += events.length;
    this.bytes += bytes;
    this.#turnSlots(now);
    this.#slots[this.#slot % rateSlots]! += events.length;
    this.lastEventSeenAt = now;
    this.lastEventTime = Math.max(this.lastEventTime ?? Number.NEGATIVE_INFINITY, newest);
  }

  /** Lateness that nearly all events keep within, microseconds. */
  get usualLateness(): number {
    return this.#lateness.usual * 1000;
  }

  numbers(now: number): Numbers {
    this.#turnSlots(now);
    this.#lateness.passTo(now);
    const total = this.#slots.reduce((sum, count) => sum + count, 0);
    return {
      events: this.events,
      bytes: this.bytes,
      requests: this.requests,
      errors: this.errors,
      throttles: this.throttles,
      late_events: this.lateEvents,
      skipped_events: this.skippedEvents,
      events_per_second: (total * 1000) / (rateSlots * slotMs),
      lateness_p50_ms: this.#lateness.quantile(0.5) ?? null,
      lateness_p95_ms: this.#lateness.quantile(0.95) ?? null,
      lateness_p99_ms: this.#lateness.quantile(0.99) ?? null,
      lateness: this.#lateness.buckets(),
      last_event_time: this.lastEventTime,
      last_event_seen_at: this.lastEventSeenAt,
    };
  }

  /** Empties the slots that the time since the last look has passed. */
  #turnSlots(now: number): void {
    const slot = Math.floor(now / (slotMs * 1000));
    for (let passed = Math.max(this.#slot + 1, slot - rateSlots + 1); passed <= slot; passed++) {
      this.#slots[passed % rateSlots] = 0;
    }
    this.#slot = Math.max(this.#slot, slot);
  }
}
