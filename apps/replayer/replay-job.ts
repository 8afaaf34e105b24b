import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import { messageOf, remedyOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import { type NormaliseEvent, normaliserProcessor } from '@tailrace/normalise/normaliser-topology.ts';
import { normaliserVersion } from '@tailrace/normalise/normaliser-version.ts';
import type { ParsingBook } from '@tailrace/normalise/own-parsing/parsing-book.ts';
import { newProgress } from '@tailrace/replays/new-progress.ts';
import { progressKey } from '@tailrace/replays/replay-keys.ts';
import type { KnownReplay } from '@tailrace/replays/replay-table.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import { Backoff } from '@tailrace/stream/backoff.ts';
import type { PartitionWriter } from '@tailrace/stream/partition-writer.ts';
import { processBatch } from '@tailrace/stream/processing/batch.ts';
import type { RecordProcessor } from '@tailrace/stream/processing/topology.ts';
import type { RangeSlice } from '@tailrace/stream/reading/read-ranges.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { rawTopicNamed, topics } from '@tailrace/topics/topics.ts';
import { DifferenceCount } from './differences.ts';
import { KnownDeadLetters } from './known-dead-letters.ts';
import type { LiveLag, Waiting } from './live-lag.ts';
import type { LogStore } from './log-store.ts';
import { RateMeter } from './rate-meter.ts';
import { planRanges, readRawRanges } from './raw-ranges.ts';
import { type ReplaySelection, selectionOf } from './replay-selection.ts';

/** What every replay of a process works with. */
export interface ReplayJobDeps {
  readonly kafka: Kafka;
  readonly store: LogStore;
  readonly lag: LiveLag;
  readonly normalise: NormaliseEvent;
  /** The parsing rules of connections, by which it normalises. */
  readonly rules: Pick<ParsingBook, 'changedAt' | 'readUpTo'>;
  /** Records of a transaction, about. */
  readonly batchRecords: number;
  /** Share of its time that a replay works while live lines come, above 0 to 1. */
  readonly liveShare: number;
  readonly partitionsOf: (topic: string) => number;
  readonly logger: Logger;
}

export interface ReplayJobOptions extends ReplayJobDeps {
  readonly replay: KnownReplay;
  /** Partition of `replays`. */
  readonly partition: number;
  /** The fenced producer of that partition. */
  readonly writer: PartitionWriter;
}

/** Dead letters name it as who could not read the record. */
const group = 'replayer';
/**
 * Records that are worked on at once. Live roles may share the process, and the cores: nothing of theirs waits longer than
 * for these, a few milliseconds.
 */
const sliceRecords = 500;
/** A rest is no longer than this, however long the work before it took. */
const longestRestMs = 2000;
/** Shorter ones are put together: a timer takes a millisecond, and a slice of what is not wanted far less. */
const leastRestMs = 5;
/**
 * What is applied begins no sooner than this after a change of parsing rules. The normaliser reads a change within
 * milliseconds; what it has read by the earlier rules until then must be in the replay's range.
 */
const rulesSettleMs = 2000;
/** How often progress is reported while nothing is written. */
const tellEveryMs = 1000;
/** Over how long the rate is measured. */
const rateWindowMs = 5000;

/**
 * Runs one replay from where its progress says until it has finished, or until the signal aborts. Each slice of raw
 * events is normalised by the very processor of the live normaliser, and its records commit with the progress in one
 * transaction: wherever a process ends, the next one goes on without a loss or a double. What it waits for, how it rests and
 * what it reports stand here together, because each is a state of the same progress.
 */
export class ReplayJob {
  readonly #options: ReplayJobOptions;
  readonly #selection: ReplaySelection;
  readonly #logger: Logger;
  readonly #differences: DifferenceCount | undefined;
  readonly #knownLetters: KnownDeadLetters;
  #progress: ReplayProgress;
  /** Records that the progress counts and no transaction has yet. */
  #unwritten: OutgoingRecord[] = [];
  #writing: Promise<void> = Promise.resolve();
  #toldAt = 0;
  /** Rest that is still to be taken, milliseconds. */
  #owedMs = 0;
  readonly #rate = new RateMeter(rateWindowMs);

  constructor(options: ReplayJobOptions) {
    const { replay } = options;
    this.#options = options;
    this.#selection = selectionOf(replay.request);
    this.#knownLetters = new KnownDeadLetters(options.kafka);
    this.#logger = options.logger.child({ replay: replay.id, project: replay.request.project_id });
    this.#progress = {
      ...(replay.progress ?? newProgress(Date.now() * 1000, normaliserVersion)),
      waiting_for: null,
      waiting_detail: null,
    };
    if (replay.request.mode === 'shadow') this.#differences = new DifferenceCount(this.#progress.differences);
  }

  /** As far as it has come. Once `run` or `cancel` has resolved, all of it is committed. */
  get progress(): ReplayProgress {
    return this.#progress;
  }

  /** Rejects when Kafka fails or the partition has another owner; anything else ends the replay as failed. */
  async run(signal: AbortSignal): Promise<void> {
    const { replay, lag } = this.#options;
    const watch = lag.watch();
    try {
      if (!(await this.#untilRulesAreKnown(signal))) return;
      if (!replay.progress) await this.#begin();
      this.#logger.info({ mode: replay.request.mode, left: this.#left }, 'replaying');
      await this.#replay(signal);
      await this.#writing;
      await (signal.aborted ? this.#write() : this.#end('completed'));
    } catch (error) {
      if (this.#options.writer.hasFailed || remedyOf(error) !== 'give-up') throw error;
      this.#logger.error({ err: error }, 'a replay failed');
      const code = error instanceof TailraceError ? error.code : 'replay.failed';
      await this.#end('failed', { error_code: code, error_message: messageOf(error) });
    } finally {
      watch();
    }
  }

  /** Ends a replay that is not wanted any more. What it has written stays. */
  cancel(): Promise<void> {
    return this.#end('cancelled');
  }

  /** @returns false, and nothing was begun, when the signal aborted first. */
  async #untilRulesAreKnown(signal: AbortSignal): Promise<boolean> {
    const { rules, replay } = this.#options;
    const { connection_positions: positions, connection_ids: ids, mode } = replay.request;
    try {
      await rules.readUpTo(positions, signal);
      const settlesMs = rules.changedAt(ids) / 1000 + rulesSettleMs - Date.now();
      if (mode === 'apply' && !replay.progress && settlesMs > 0) {
        await delay(Math.min(settlesMs, rulesSettleMs), undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return !signal.aborted;
  }

  async #begin(): Promise<void> {
    const { kafka, replay } = this.#options;
    this.#progress = { ...this.#progress, ranges: await planRanges(kafka, replay.request) };
    await this.#write();
  }

  async #replay(signal: AbortSignal): Promise<void> {
    const { kafka, batchRecords, lag } = this.#options;
    const { records_per_second: limit } = this.#options.replay.request;
    const slices = readRawRanges(
      kafka,
      this.#progress.ranges,
      Math.min(sliceRecords, batchRecords, limit ?? sliceRecords),
      signal,
    );
    let began = performance.now();
    for await (const slice of slices) {
      await this.#untilLiveIsWell(signal);
      if (signal.aborted) break;
      const before = this.#progress.matched;
      if (!(await this.#process(slice, signal))) break;
      const isSlow = lag.flows || limit !== null;
      const isDue = this.#unwritten.length >= (isSlow ? 1 : batchRecords) || Date.now() - this.#toldAt >= tellEveryMs;
      if (isDue) {
        // One transaction is under way while the next slices are worked on; its failure is met here.
        await this.#writing;
        this.#startWriting();
      }
      if (isSlow) await this.#writing;
      await this.#rest(began, this.#progress.matched - before, signal);
      began = performance.now();
    }
  }

  /** Lets others work: for long while live lines come or a rate is asked for, else only as long as they have something. */
  async #rest(began: number, matched: number, signal: AbortSignal): Promise<void> {
    const { lag, liveShare } = this.#options;
    const { records_per_second: limit } = this.#options.replay.request;
    const tookMs = performance.now() - began;
    const politeMs = lag.flows ? Math.min(longestRestMs, tookMs * (1 / liveShare - 1)) : 0;
    const dueMs = limit === null ? 0 : (matched / limit) * 1000 - tookMs;
    this.#owedMs += Math.max(politeMs, dueMs, 0);
    if (this.#owedMs < leastRestMs) {
      await immediate();
      return;
    }
    const restMs = this.#owedMs;
    this.#owedMs = 0;
    await delay(restMs, undefined, { signal }).catch(() => undefined);
  }

  /** Adds to the progress and to what is to be written. @returns false, and nothing was added, when the signal aborted first. */
  async #process(slice: RangeSlice, signal: AbortSignal): Promise<boolean> {
    const { partitionsOf, replay } = this.#options;
    const shadow = this.#differences !== undefined;
    const found: LogRecord[] = [];
    const { topic, partition } = slice;
    const place = { topic, partition };
    const input = rawTopicNamed(topic);
    if (input === undefined) throw new Error(`${topic} holds no raw events`);
    const output = await processBatch(
      {
        group,
        partition: place,
        input,
        processor: this.#processor(shadow ? found : undefined),
        stores: [],
        partitionsOf,
      },
      slice.records.filter((record) => this.#selection.mayHold(record)),
      slice.nextOffset,
    );
    if (this.#differences && !(await this.#compare(this.#differences, found, signal))) return false;
    // What cannot be read is buried once, however many replays read past it.
    const records = shadow ? [] : await this.#knownLetters.withoutKnown(output.records, slice, signal);
    if (records === undefined) return false;
    const dead = output.dead.length;
    const replayed = shadow ? found.length : output.records.length - dead;
    this.#progress = {
      ...this.#progress,
      ranges: this.#progress.ranges.map((range) =>
        range.topic === topic && range.partition === partition ? { ...range, next_offset: slice.nextOffset } : range,
      ),
      matched: this.#progress.matched + replayed,
      written: this.#progress.written + (shadow ? 0 : replayed),
      dead: this.#progress.dead + dead,
      lost: this.#progress.lost + slice.lost,
      differences: this.#differences?.sum ?? null,
    };
    if (slice.lost > 0) this.#logger.error({ ...place, records: slice.lost }, 'retention removed raw events');
    if (dead > 0) this.#logger.error({ ...place, count: dead, replay: replay.id }, 'dead letters');
    this.#unwritten.push(...records);
    return true;
  }

  /** The live normaliser's, for what the replay is about. @param into takes the records; left out, they are emitted. */
  #processor(into: LogRecord[] | undefined): RecordProcessor<RawEvent> {
    const { normalise, replay } = this.#options;
    const live = normaliserProcessor(normalise, replay.id);
    return {
      process: (record, emit) => {
        if (!this.#selection.holds(record.value)) return;
        if (into) into.push(normalise(record.value, record, { replayId: replay.id }));
        else live.process(record, emit);
      },
    };
  }

  /** Waits for an unreachable database. @returns false when the signal aborted meanwhile. */
  async #compare(differences: DifferenceCount, records: readonly LogRecord[], signal: AbortSignal): Promise<boolean> {
    const { store, replay } = this.#options;
    const backoff = new Backoff({ initialMs: 200, maxMs: 5000 });
    while (!signal.aborted) {
      try {
        const rows = await store.find(replay.request.project_id, records);
        const byKey = new Map(rows.map((row) => [keyOf(row), row]));
        for (const record of records) differences.add(record, byKey.get(keyOf(record)));
        this.#working();
        return true;
      } catch (error) {
        if (remedyOf(error) === 'give-up') throw error;
        await this.#wait({ reason: 'database', detail: messageOf(error) });
        await backoff.wait(signal);
      }
    }
    return false;
  }

  async #untilLiveIsWell(signal: AbortSignal): Promise<void> {
    const { lag } = this.#options;
    while (lag.behind && !signal.aborted) {
      await this.#wait(lag.behind);
      await lag.next(signal);
    }
    this.#working();
  }

  /** Reports why nothing goes on, now and then while it lasts. */
  async #wait({ reason, detail }: Waiting): Promise<void> {
    const news = this.#progress.waiting_for !== reason;
    this.#progress = { ...this.#progress, waiting_for: reason, waiting_detail: detail };
    if (!news && Date.now() - this.#toldAt < tellEveryMs) return;
    await this.#writing;
    await this.#write();
  }

  #working(): void {
    this.#progress = { ...this.#progress, waiting_for: null, waiting_detail: null };
  }

  async #end(status: ReplayProgress['status'], error: Partial<ReplayProgress> = {}): Promise<void> {
    await this.#writing.catch(() => undefined);
    const finished_at = Date.now() * 1000;
    this.#progress = { ...this.#progress, ...error, status, finished_at, waiting_for: null, waiting_detail: null };
    await this.#write();
    const { matched, written, dead, lost } = this.#progress;
    this.#logger.info({ status, matched, written, dead, lost }, 'the replay has ended');
  }

  #startWriting(): void {
    this.#writing = this.#write();
    this.#writing.catch(() => undefined);
  }

  /** Commits what is unwritten with the progress it belongs to. */
  #write(): Promise<void> {
    const { writer, replay, partition } = this.#options;
    this.#toldAt = Date.now();
    this.#progress = { ...this.#progress, rate: this.#rate.measure(-this.#left), updated_at: this.#toldAt * 1000 };
    const value = { id: replay.id, request: null, progress: this.#progress };
    const headers = { project: replay.request.project_id };
    const progress = topicRecord(topics.replays, progressKey(replay.id), value, { partition, headers });
    const records = this.#unwritten;
    this.#unwritten = [];
    return writer.write([...records, progress]);
  }

  get #left(): number {
    return this.#progress.ranges.reduce((sum, { next_offset, to_offset }) => sum + to_offset - next_offset, 0);
  }
}

function keyOf({ timestamp, id }: LogRecord): string {
  return `${timestamp}/${id}`;
}
