import type { FetchedRecord, OutgoingRecord } from '../kafka.ts';

/** What the log knows of a transaction: shared by all its records, so that its end needs no rewriting. */
export interface TransactionMarker {
  state: 'ongoing' | 'committed' | 'aborted';
}

interface Entry {
  /** Undefined for a control record, which takes an offset and is never seen. */
  readonly record: FetchedRecord | undefined;
  readonly transaction: TransactionMarker | undefined;
  readonly bytes: number;
}

export interface Slice {
  readonly records: readonly FetchedRecord[];
  readonly nextOffset: number;
  readonly bytes: number;
}

/** A record batch's framing; a broker counts it to the size of a lone record. */
const framingBytes = 70;
const noHeaders: ReadonlyMap<string, Buffer> = new Map();

/** The log of one partition: records, control records, and what a read_committed reader may see of them. */
export class PartitionLog {
  readonly #entries: Entry[] = [];
  readonly #ongoing = new Map<TransactionMarker, number>();
  readonly #watchers = new Set<() => void>();
  #start = 0;

  /** The earliest offset it still holds. */
  get start(): number {
    return this.#start;
  }

  /** One past the last offset written. */
  get end(): number {
    return this.#start + this.#entries.length;
  }

  /** KIP-98: no read_committed reader goes past the first record of the earliest ongoing transaction. */
  get lastStableOffset(): number {
    let least = this.end;
    for (const first of this.#ongoing.values()) least = Math.min(least, first);
    return least;
  }

  append(records: readonly OutgoingRecord[], now: number, transaction?: TransactionMarker): void {
    if (transaction && !this.#ongoing.has(transaction)) this.#ongoing.set(transaction, this.end);
    for (const outgoing of records) {
      const record: FetchedRecord = {
        offset: this.end,
        timestamp: outgoing.timestamp ?? now,
        // Copied, as a real broker would: the sender may use its buffers again.
        key: outgoing.key && Buffer.from(outgoing.key),
        value: outgoing.value && Buffer.from(outgoing.value),
        headers: outgoing.headers ? encodeHeaders(outgoing.headers) : noHeaders,
      };
      this.#entries.push({ record, transaction, bytes: sizeOf(outgoing) });
    }
    this.#notify();
  }

  /** Writes the control record of a transaction whose state has just become final. */
  appendMarker(transaction: TransactionMarker): void {
    this.#ongoing.delete(transaction);
    this.#entries.push({ record: undefined, transaction, bytes: framingBytes });
    this.#notify();
  }

  /** Committed records from `offset`, at least one where there is one. The caller has checked the offset's range. */
  read(offset: number, maxBytes: number): Slice {
    const records: FetchedRecord[] = [];
    const stable = this.lastStableOffset;
    let bytes = 0;
    let next = offset;
    for (; next < stable; next += 1) {
      const entry = this.#entries[next - this.#start]!;
      if (!entry.record || entry.transaction?.state === 'aborted') continue;
      if (records.length > 0 && bytes + entry.bytes > maxBytes) break;
      records.push(entry.record);
      bytes += entry.bytes;
    }
    return { records, nextOffset: next, bytes };
  }

  /** The first offset whose record has this time or a later one; the last stable offset when none has. */
  offsetAt(timestampMs: number): number {
    const stable = this.lastStableOffset;
    for (let offset = this.#start; offset < stable; offset += 1) {
      const timestamp = this.#entries[offset - this.#start]?.record?.timestamp;
      if (timestamp !== undefined && timestamp >= timestampMs) return offset;
    }
    return stable;
  }

  /** Deletes what lies before `offset`, as retention does. */
  truncate(offset: number): void {
    const cut = Math.min(Math.max(0, offset - this.#start), this.#entries.length);
    this.#entries.splice(0, cut);
    this.#start += cut;
    this.#notify();
  }

  /** Reports every change until the returned function is called. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Wakes its readers: something was written, or the topic is gone. */
  #notify(): void {
    for (const changed of [...this.#watchers]) changed();
  }

  close(): void {
    this.#notify();
  }
}

/** About what the record takes in a record batch of its own, bytes. */
export function sizeOf(record: OutgoingRecord): number {
  let bytes = framingBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers ?? {})) bytes += name.length + value.length + 4;
  return bytes;
}

function encodeHeaders(headers: Readonly<Record<string, string>>): ReadonlyMap<string, Buffer> {
  return new Map(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));
}
