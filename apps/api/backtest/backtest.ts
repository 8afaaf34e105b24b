import type { KnownConnections } from '@tailrace/alert-evaluation/known-connections.ts';
import { bucketMs } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { unlessAborted } from '@tailrace/errors/abort.ts';
import type { FetchedRecord, Kafka } from '@tailrace/kafka/kafka.ts';
import { Slice } from '@tailrace/log-query/thread-time.ts';
import type { ConnectionProgress } from '@tailrace/schemas/generated/connection-progress.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { TimeRange } from '../stream/time-range.ts';
import { type ArrivedRecord, readInArrivalOrder } from './arrival-order.ts';
import { ArrivalWatermarks, type KnownConnection } from './arrival-watermarks.ts';
import { AlertComparison, type ComparedAlerts } from './compare-alerts.ts';
import { RuleBacktest } from './rule-backtest.ts';
import { Timeline } from './timeline.ts';

/** What backtests of every request share. */
export interface BacktestLimits {
  readonly latenessMs: number;
  readonly maxGroups: number;
  /** Alerts that are kept whole; and ids of one list of a comparison. */
  readonly maxAlerts: number;
}

export interface BacktestRequest {
  readonly project: string;
  /** One, or two to compare. */
  readonly rules: readonly CompiledRule[];
  /** Event times of the lines that count. */
  readonly range: TimeRange;
  readonly connections: readonly KnownConnection[];
}

export interface BacktestProgress {
  /** How much of the range has been read, of `total` parts. Counts of records would reveal what other projects write. */
  readonly read: number;
  readonly total: number;
  /** Lines that matched the first rule, and alerts of it. */
  readonly matched: number;
  readonly alerts: number;
}

/** How much of the log was read. */
export interface BacktestReading {
  /** Records of the project alone: how much others write is not for it to know. */
  readonly records: number;
  /** Of the project, with an event time outside the range. */
  readonly outsideRange: number;
  readonly unreadable: number;
  readonly bytes: number;
  readonly seconds: number;
}

export interface BacktestResult {
  readonly rules: readonly RuleBacktest[];
  /** Undefined where there is nothing to compare with. */
  readonly comparison: ComparedAlerts | undefined;
  readonly read: BacktestReading;
  /** Whether retention has removed records that may have been of the range. */
  readonly isWhole: boolean;
  /** When the oldest record that is kept arrived, milliseconds; undefined where nothing is missing, or nothing is kept. */
  readonly keptSince: number | undefined;
}

/** Clocks of clouds may be ahead of ours by this: a line may arrive before its own time. */
const clockSkewMs = 60_000;
/** What progress is counted in. */
const progressParts = 1000;
/** Conclusions are drawn when so many lines came, or the arrival clock has moved so far. */
const recordsPerSettlement = 5000;
const settlementMicros = 60_000_000;
const progressMs = 250;
/** A connection that lags further holds back no comparison; the evaluator does not wait longer for one either. */
const longestLagMicros = 24 * 3_600_000_000;
/** Alerts are compared when so much event time more is past changing. */
const comparisonMicros = 10 * 60_000_000;

/**
 * Runs rules over the kept log, in the order its lines arrived, with the evaluator of the alerting role. Sends and
 * writes nothing. Memory is bounded by the rules' windows and limits, not by the length of the log.
 * @param report called now and then while it runs.
 * @throws the signal's reason when it is aborted.
 */
export async function backtest(
  kafka: Kafka,
  limits: BacktestLimits,
  request: BacktestRequest,
  signal: AbortSignal,
  report: (progress: BacktestProgress) => void = () => undefined,
): Promise<BacktestResult> {
  const topic = topics.logs.name;
  // What cannot be called off is not waited for.
  const [from, earliest, to] = await unlessAborted(
    Promise.all([
      kafka.admin.offsets(topic, { timestampMs: Math.max(0, Math.floor(request.range.from / 1000) - clockSkewMs) }),
      kafka.admin.offsets(topic, 'earliest'),
      kafka.admin.offsets(topic, 'last_stable'),
    ]),
    signal,
  );
  /** Partitions whose older records retention has removed, as far as this range may have had any. */
  const cut = new Set(
    from.flatMap((offset, partition) => (offset === earliest[partition] && offset > 0 ? [partition] : [])),
  );
  const total = to.reduce((sum, end, partition) => sum + Math.max(0, end - (from[partition] ?? 0)), 0);
  const run = new Run(limits, request);
  const oldest = new Map<number, number>();
  const started = performance.now();
  let taken = 0;
  const slice = new Slice(request.project);
  let reported = started;
  const parts = readInArrivalOrder(
    kafka,
    { topic, project: request.project, from, to, onLost: (partition) => cut.add(partition) },
    signal,
  );
  for await (const part of parts) {
    slice.begin();
    for (const arrived of part) {
      if (!oldest.has(arrived.partition)) oldest.set(arrived.partition, arrived.record.timestamp);
      run.take(arrived);
      taken += 1;
      if (!slice.isOver) continue;
      const now = performance.now();
      if (now - reported >= progressMs) {
        report({ ...run.progress(), read: Math.floor((taken / total) * progressParts), total: progressParts });
        reported = now;
      }
      await slice.rest();
      signal.throwIfAborted();
    }
    slice.end();
  }
  signal.throwIfAborted();
  run.end();
  const kept = [...cut].flatMap((partition) => oldest.get(partition) ?? []);
  return {
    rules: run.rules,
    comparison: run.comparison,
    read: { ...run.read, seconds: (performance.now() - started) / 1000 },
    isWhole: cut.size === 0,
    keptSince: kept.length === 0 ? undefined : Math.max(...kept),
  };
}

class Run {
  readonly rules: readonly RuleBacktest[];
  readonly read = { records: 0, outsideRange: 0, unreadable: 0, bytes: 0 };
  readonly #request: BacktestRequest;
  readonly #watermarks: ArrivalWatermarks;
  /** When the newest record arrived, microseconds. */
  #clock: number;
  #settledAt: number;
  #unsettled = 0;
  readonly #lateness: number;
  readonly #comparison: AlertComparison | undefined;
  #comparedTo = 0;

  constructor(limits: BacktestLimits, request: BacktestRequest) {
    this.#request = request;
    this.#lateness = limits.latenessMs * 1000;
    this.#watermarks = new ArrivalWatermarks(request.project, request.connections);
    this.#clock = request.range.from;
    this.#settledAt = this.#clock;
    this.rules = request.rules.map(
      (compiled) =>
        new RuleBacktest({
          ...limits,
          compiled,
          timeline: new Timeline(request.range),
          now: () => this.#clock,
          connections: byId(request),
        }),
    );
    const [first, second] = this.rules;
    this.#comparison =
      first && second && new AlertComparison({ longest: [first.longest, second.longest], maxListed: limits.maxAlerts });
    this.#settle();
  }

  get comparison(): ComparedAlerts | undefined {
    return this.#comparison?.result;
  }

  take({ partition, record }: ArrivedRecord): void {
    const arrived = Math.max(this.#clock, record.timestamp * 1000);
    // Before the clock moves: what came until now was not late then.
    if (this.#unsettled >= recordsPerSettlement || arrived - this.#settledAt >= settlementMicros) this.#settle();
    this.#clock = arrived;
    const line = this.#lineOf(record);
    if (!line) return;
    this.#unsettled += 1;
    for (const rule of this.rules) rule.add(line, { partition, offset: record.offset });
  }

  /** What is open at the end of the range stays open: nobody knows what comes next. */
  end(): void {
    const { to } = this.#request.range;
    this.#settle();
    this.#clock = Math.max(this.#clock, to);
    const connections = this.#watermarks.end(this.#clock, to);
    for (const rule of this.rules) rule.progress(connections);
    const [first = [], second = []] = this.rules.map(({ ledger }) => ledger.close());
    this.#comparison?.take(first, second);
    this.#comparison?.decide(Number.POSITIVE_INFINITY);
  }

  progress(): Omit<BacktestProgress, 'read' | 'total'> {
    const [first] = this.rules;
    return { matched: first?.matched ?? 0, alerts: first?.fired ?? 0 };
  }

  #settle(): void {
    const before = this.#watermarks.withNew();
    const after = this.#watermarks.at(this.#clock, this.#request.range.to);
    for (const rule of this.rules) {
      if (before) rule.progress(before);
      rule.settle();
      rule.progress(after);
    }
    this.#compare(after);
    this.#unsettled = 0;
    this.#settledAt = this.#clock;
  }

  /** Lets go of the alerts that no line can change any more: none is accepted that is so late. */
  #compare(connections: readonly ConnectionProgress[]): void {
    const complete = Math.min(...connections.map(({ complete_up_to: upTo }) => upTo));
    if (complete === Number.POSITIVE_INFINITY) return;
    const bucket = bucketMs * 1000;
    const settled = Math.max(complete, this.#clock - longestLagMicros) - this.#lateness - bucket;
    if (settled < this.#comparedTo + comparisonMicros) return;
    this.#comparedTo = settled;
    const [first = [], second = []] = this.rules.map(({ ledger, longest }) => ledger.settle(settled - longest));
    this.#comparison?.take(first, second);
    this.#comparison?.decide(settled);
  }

  /** The line, where it is the project's and within the range. */
  #lineOf({ headers, value, timestamp }: FetchedRecord): LogRecord | undefined {
    const { project, range } = this.#request;
    if (value === null || headers.get('project')?.toString() !== project) return undefined;
    this.read.records += 1;
    this.read.bytes += value.length;
    const line = decode(value);
    if (!line) {
      this.read.unreadable += 1;
      return undefined;
    }
    const { timestamp: eventTime } = line;
    this.#watermarks.line(line.connection_id, Math.max(eventTime, range.from), timestamp * 1000);
    if (eventTime >= range.from && eventTime < range.to) return line;
    this.read.outsideRange += 1;
    return undefined;
  }
}

/** The project's connections as alerts name them. */
function byId({ project, connections }: BacktestRequest): KnownConnections {
  return new Map(
    connections.map(({ id, name, createdAt }) => [id, { project_id: project, name, created_at: createdAt }]),
  );
}

/** An unreadable record is the sink's to bury. */
function decode(value: Buffer): LogRecord | undefined {
  try {
    return topics.logs.codec.decode(value);
  } catch {
    return undefined;
  }
}
