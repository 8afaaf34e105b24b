import { microsOf, nanosOf, rfc3339 } from '../instant.ts';
import { type Cloud, type CloudEvent, messageOf } from './cloud-event.ts';
import type { EventStore } from './event-store.ts';
import type { LedgerFile } from './ledger-file.ts';

/** What was emitted, as a test compares it with what arrived. Times as in the connectors' SourceEvent. */
export interface LedgerEntry {
  /** 1, 2, 3, … over all clouds, in the order of emission. */
  readonly sequence: number;
  readonly cloud: Cloud;
  /** `account:region`, workspace id, or Google project id. */
  readonly scope: string;
  /** Log group, table, or log id. */
  readonly source: string;
  readonly stream: string;
  /** The provider's id: `eventId`, `_ItemId`, `insertId`. */
  readonly id: string;
  /** What makes the event one: the id, and for Google Cloud logName, timestamp and insertId with a space between. */
  readonly identity: string;
  /** Event time, microseconds since the epoch. */
  readonly timestamp: number;
  /** What the event time has below the microsecond, 0 to 999. */
  readonly timestampNanos: number;
  /** When the cloud took it in, microseconds since the epoch. */
  readonly observedTimestamp: number;
  /** From when on the cloud's read API shows it, microseconds since the epoch. */
  readonly visibleTimestamp: number;
  readonly message: string;
}

/** Chooses ledger entries; what is left out is not restricted. */
export interface LedgerFilter {
  readonly cloud?: Cloud | undefined;
  readonly scope?: string | undefined;
  readonly source?: string | undefined;
  /** From this sequence number on. */
  readonly fromSequence?: number | undefined;
  /** Event time at or after, microseconds. */
  readonly since?: number | undefined;
  /** Event time before, microseconds. */
  readonly until?: number | undefined;
}

type Listener = (events: readonly CloudEvent[]) => void;

/** The record of everything emitted: written to the file first, then shown to readers, then passed to listeners. */
export class Ledger {
  readonly #store: EventStore;
  readonly #file: LedgerFile | undefined;
  readonly #listeners = new Set<Listener>();
  #lastSequence = 0;

  constructor(store: EventStore, file?: LedgerFile) {
    this.#store = store;
    this.#file = file;
    const kept = file?.load() ?? [];
    store.add(kept);
    this.#lastSequence = kept.at(-1)?.sequence ?? 0;
  }

  /** How many events were ever emitted, those since forgotten included. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** The oldest event still held; 1 as long as none was forgotten. */
  get firstSequence(): number {
    return this.#store.emitted[0]?.sequence ?? this.#lastSequence + 1;
  }

  /** Takes events whose sequence numbers continue `lastSequence`. */
  append(events: readonly CloudEvent[], nowMs: number): void {
    const last = events.at(-1);
    if (last === undefined) return;
    this.#file?.append(events);
    this.#lastSequence = last.sequence;
    this.#store.add(events);
    this.#store.prune(nowMs);
    const oldest = this.#store.emitted[0];
    if (oldest !== undefined) this.#file?.forgetBefore(oldest.sequence);
    for (const listener of this.#listeners) listener(events);
  }

  /** The chosen entries in the order of emission, as far as retention holds them. */
  entries(filter: LedgerFilter = {}, limit = Number.POSITIVE_INFINITY): LedgerEntry[] {
    const chosen: LedgerEntry[] = [];
    for (const event of this.#store.emitted) {
      if (chosen.length >= limit) break;
      if (matches(event, filter)) chosen.push(ledgerEntry(event));
    }
    return chosen;
  }

  count(filter: LedgerFilter = {}): number {
    return this.#store.emitted.reduce((sum, event) => sum + (matches(event, filter) ? 1 : 0), 0);
  }

  /** Calls back with each batch appended from now on, until the answered function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
    this.#file?.close();
  }
}

export function ledgerEntry(event: CloudEvent): LedgerEntry {
  return {
    sequence: event.sequence,
    cloud: event.cloud,
    scope: event.scope,
    source: event.source,
    stream: event.stream,
    id: event.id,
    identity: identityOf(event),
    timestamp: microsOf(event.eventTime),
    timestampNanos: nanosOf(event.eventTime),
    observedTimestamp: microsOf(event.ingestionTime),
    visibleTimestamp: microsOf(event.visibleTime),
    message: messageOf(event),
  };
}

export function matches(event: CloudEvent, filter: LedgerFilter): boolean {
  return (
    (filter.cloud === undefined || event.cloud === filter.cloud) &&
    (filter.scope === undefined || event.scope === filter.scope) &&
    (filter.source === undefined || event.source === filter.source) &&
    (filter.fromSequence === undefined || event.sequence >= filter.fromSequence) &&
    (filter.since === undefined || microsOf(event.eventTime) >= filter.since) &&
    (filter.until === undefined || microsOf(event.eventTime) < filter.until)
  );
}

function identityOf(event: CloudEvent): string {
  if (event.cloud !== 'gcp') return event.id;
  return `${logName(event.scope, event.source)} ${rfc3339(event.eventTime, 9)} ${event.id}`;
}

/** A Google log's full name. The log id is URL-encoded in it. */
export function logName(project: string, logId: string): string {
  return `projects/${project}/logs/${encodeURIComponent(logId)}`;
}
