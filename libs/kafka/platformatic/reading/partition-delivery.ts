import type { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Compression } from '../../compression.ts';
import type { OutgoingRecord } from '../../kafka.ts';
import { batchHeaderBytes, type EncodedRecords, encodeRecords, recordBound } from '../../protocol/record-encoding.ts';
import type { PartitionBatch } from '../writing/produce-request.ts';

/** Larger batches compress little better and make every reader of them wait. */
const targetBatchBytes = 1024 * 1024;

/** Records for one partition. */
export interface PartitionWork {
  /** Full name. */
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutgoingRecord[];
  /** The topic's `max.message.bytes`. */
  readonly maxBatchBytes: number;
}

/** What became of a partition's records. */
export interface PartitionOutcome {
  readonly work: PartitionWork;
  /** How many of the records, from the first on, were certainly written. */
  readonly written: number;
  /** Why the others were not, or perhaps were: see `TailraceError.remedy`. */
  readonly failure: TailraceError | undefined;
}

/** One partition's way through its records, batch by batch. */
export class PartitionDelivery implements PartitionOutcome {
  readonly work: PartitionWork;
  readonly #compression: Compression;
  #written = 0;
  #failure: TailraceError | undefined;
  #repeatAfter: unknown;
  /** The batch on its way, as it must be repeated. */
  #batch: PartitionBatch | undefined;
  #batchCount = 0;
  /** The batch behind it, being encoded meanwhile. */
  #next: Promise<EncodedRecords> | undefined;

  constructor(work: PartitionWork, compression: Compression) {
    this.work = work;
    this.#compression = compression;
  }

  get written(): number {
    return this.#written;
  }

  get failure(): TailraceError | undefined {
    return this.#failure;
  }

  get ended(): boolean {
    return this.#failure !== undefined || this.#written >= this.work.records.length;
  }

  get mustRepeat(): boolean {
    return !this.ended && this.#repeatAfter !== undefined;
  }

  get batch(): PartitionBatch {
    if (!this.#batch) throw new Error('no batch is prepared');
    return this.#batch;
  }

  get batchCount(): number {
    return this.#batchCount;
  }

  /** Makes the next batch ready and starts to encode the one behind it. One that is repeated stays as it is. */
  async prepare(seal: (records: EncodedRecords) => Buffer): Promise<void> {
    this.#repeatAfter = undefined;
    if (this.#batch) return;
    const records = await (this.#next ?? this.#encodeFrom(this.#written));
    this.#batchCount = records.count;
    this.#batch = { topic: this.work.topic, partition: this.work.partition, batch: seal(records) };
    const behind = this.#written + records.count;
    this.#next = behind < this.work.records.length ? this.#encodeFrom(behind) : undefined;
  }

  /** The batch was written. */
  advance(): void {
    this.#written += this.#batchCount;
    this.#batch = undefined;
  }

  repeatAfter(error: unknown): void {
    this.#repeatAfter = error;
  }

  fail(failure: TailraceError): void {
    this.#failure = failure;
  }

  /** Fails with what it was to be repeated for. */
  giveUp(toFailure: (error: unknown) => TailraceError): void {
    if (!this.ended) this.#failure = toFailure(this.#repeatAfter);
  }

  #encodeFrom(from: number): Promise<EncodedRecords> {
    const { records } = this.work;
    const room = Math.min(targetBatchBytes, this.work.maxBatchBytes) - batchHeaderBytes;
    let to = from;
    let bytes = 0;
    while (to < records.length) {
      bytes += recordBound(records[to] as OutgoingRecord);
      if (bytes > room && to > from) break;
      to++;
    }
    const encoded = encodeRecords(records.slice(from, to), this.#compression, Date.now());
    encoded.catch(() => undefined);
    return encoded;
  }
}
