import type { BackoffTimes } from '@tailrace/errors/backoff-time.ts';
import type { Checkpoint as CheckpointRecord } from '@tailrace/schemas/generated/checkpoint.ts';
import type { ConnectionRewind } from '@tailrace/schemas/generated/connection-rewind.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { PartitionWriter } from '@tailrace/stream/partition-writer.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import { ProviderClock } from '../asking/provider-clock.ts';
import { freshReading, readPages } from '../asking/read-pages.ts';
import type { LimiterPool } from '../asking/request-limiter.ts';
import type { ConfiguredConnector } from '../contract/configure.ts';
import { startTime } from '../contract/start-from.ts';
import { type SweepPlan, sweepPlan } from '../coverage/sweep-plan.ts';
import { SweepSchedule } from '../coverage/sweep-schedule.ts';
import { completeUpTo, readUpTo } from '../coverage/watermark.ts';
import type { ReadingProgress } from '../reporting/completeness.ts';
import type { ConnectionReport } from '../reporting/connection-report.ts';
import { ingestMetrics } from '../reporting/ingest-metrics.ts';
import { Checkpoint, type CheckpointIdentity, type CheckpointPlan } from '../storing/checkpoint.ts';
import { checkpointRecord, type StoredCheckpoint } from '../storing/checkpoint-table.ts';
import { EventWriter } from '../storing/event-writer.ts';
import { rawRecords } from '../storing/raw-records.ts';
import { RewindCheckpoint } from '../storing/rewind-checkpoint.ts';
import { FailurePolicy } from './failure-policy.ts';
import { type RewindRun, runRewind } from './rewind-lane.ts';
import type { RequestContext, RunContext } from './run-context.ts';
import { runLane } from './sweep-lane.ts';
import { runTail } from './tail-lane.ts';
import { Wakeup } from './wakeup.ts';

export interface RunOptions {
  readonly connectionId: string;
  readonly projectId: string;
  readonly provider: Provider;
  readonly configured: ConfiguredConnector;
  /** The rewind asked for last. */
  readonly rewind?: ConnectionRewind | null;
  /** All that the table `checkpoints` has of this connection. */
  readonly stored: StoredCheckpoint;
  /** The partition of the connection in `connections`, whose checkpoints stand in the same partition. */
  readonly partition: number;
  /** Partitions of a topic, as the broker has them. */
  readonly partitionsOf: (topic: string) => number;
  /** The producer of that partition. */
  readonly writer: PartitionWriter;
  readonly limiters: LimiterPool;
  readonly report: ConnectionReport;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly retry?: BackoffTimes;
  readonly recheck?: BackoffTimes;
}

/**
 * Runs one connection until the signal aborts: sweeps and tail, each page's new events and the checkpoint's change in one
 * transaction. What the source does wrong is reported and retried here.
 *
 * Resolves when everything accepted is committed, the checkpoint with it. Rejects when Kafka failed: then the writer is of
 * no use any more, and `stored` must be read again after fencing. It also rejects when the source cannot be opened, the
 * checkpoint not be read, or an event not be written; `stored` must be read again then too.
 */
export async function runConnection(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { configured, report, writer, logger } = options;
  report.changed();
  const stop = new AbortController();
  const stopping = AbortSignal.any([signal, stop.signal]);
  const { settings, quota } = configured;
  const request: RequestContext = {
    configured,
    source: configured.open({ logger }),
    clock: new ProviderClock(),
    limiter: options.limiters.limiterOf(quota.key, quota),
    report,
    metrics: ingestMetrics(options.metrics, options.provider),
    logger,
    signal: stopping,
  };
  const policy = { ...options, limiter: request.limiter, metrics: request.metrics };
  const failures = {
    live: new FailurePolicy('live', policy),
    rest: new FailurePolicy('rest', policy),
    rewind: new FailurePolicy('rewind', policy),
  };
  try {
    const identity = { connectionId: options.connectionId, provider: options.provider };
    const how = {
      axis: configured.axis,
      plan: sweepPlan(configured.axis, configured.tiers, settings.visibility_bound_ms),
    };
    const stored = options.stored.records();
    const checkpoint =
      Checkpoint.restore(identity, how, stored) ?? (await begin(request, failures.live, identity, how, stored));
    if (checkpoint === undefined) return;
    logger.info({ from: new Date(checkpoint.startTime / 1000), recentIds: checkpoint.recentIds }, 'reading the source');
    const eventWriter = new EventWriter({
      checkpoint,
      writer,
      clock: request.clock,
      metrics: request.metrics,
      rawRecord: rawRecords({ ...options, source: configured.source }),
      checkpointRecord: (change) => checkpointRecord(change, options.partition),
      committed: ({ events, bytes, late }) => {
        report.statistics.emitted(events, bytes, Date.now() * 1000);
        report.statistics.lateEvents += late;
        report.changed();
      },
      skipped: (count) => {
        report.statistics.skippedEvents += count;
      },
    });
    report.progress = () => progressOf(checkpoint, how.plan, request);
    eventWriter.noteProgress(true);
    const run: RunContext = {
      ...request,
      checkpoint,
      schedule: new SweepSchedule(how.plan),
      eventWriter,
      failures,
      liveDemanded: new Wakeup(),
    };
    const rewind = options.rewind
      ? openRewind(run, options, options.rewind, how.plan.declaredBound, stored)
      : undefined;
    const lanes = startLanes(run);
    if (rewind) lanes.push(runRewind(rewind));
    try {
      await Promise.race([Promise.all(lanes), writer.failed]);
    } finally {
      stop.abort();
      await Promise.allSettled(lanes);
    }
    eventWriter.noteProgress(true);
    rewind?.eventWriter.noteProgress(true);
    await writer.idle();
  } finally {
    await request.source.close();
  }
}

function progressOf(
  checkpoint: Checkpoint,
  { tiers }: SweepPlan,
  { clock, configured, report }: RequestContext,
): ReadingProgress {
  const { coverage, startTime } = checkpoint;
  const lateness = report.statistics.usualLateness;
  return {
    now: clock.now(),
    completeUpTo: completeUpTo(coverage, configured.axis, lateness),
    sweptUpTo: completeUpTo(coverage, configured.axis, 0),
    readUpTo: readUpTo(coverage),
    startTime,
    lateness,
    lookEvery: (tiers.find(({ lookback }) => lookback > lateness) ?? tiers.at(-1)!).every,
  };
}

/** A rewind has a checkpoint and an event writer of its own, so what it emits again is no business of the live lanes. */
function openRewind(
  run: RunContext,
  options: RunOptions,
  rewind: ConnectionRewind,
  boundMicros: number,
  stored: ReadonlyMap<string, CheckpointRecord>,
): RewindRun {
  const { configured, clock, metrics, report } = run;
  const { connectionId, provider, writer, partition } = options;
  const checkpoint = RewindCheckpoint.open({
    identity: { connectionId, provider },
    axis: configured.axis,
    boundMicros,
    rewind,
    stored,
  });
  report.rewind = () => checkpoint.status();
  const eventWriter = new EventWriter({
    checkpoint,
    writer,
    clock,
    metrics,
    rawRecord: rawRecords({ ...options, source: configured.source, rewindId: rewind.id }),
    checkpointRecord: (change) => checkpointRecord(change, partition),
    committed: () => report.changed(),
    skipped: () => undefined,
  });
  eventWriter.noteProgress(true);
  return { ...run, rewound: checkpoint, eventWriter };
}

function startLanes(run: RunContext): Promise<void>[] {
  const { source, configured } = run;
  const { concurrency } = configured.settings;
  const lanes = [runLane(run, concurrency === 1 ? 'any' : 'live')];
  for (let lane = 1; lane < concurrency; lane++) lanes.push(runLane(run, 'rest'));
  const open = source.tail?.bind(source);
  if (open) lanes.push(runTail(run, open));
  return lanes;
}

/**
 * The first run. A start that is relative to now is meant by the provider's clock, so one answer is waited
 * for to learn it.
 * @returns undefined when the run was stopped before.
 */
async function begin(
  request: RequestContext,
  failures: FailurePolicy,
  identity: CheckpointIdentity,
  how: CheckpointPlan,
  stored: ReadonlyMap<string, CheckpointRecord>,
): Promise<Checkpoint | undefined> {
  const { clock, signal, configured } = request;
  const moment = Math.floor(clock.now() / 1000) * 1000;
  const pause = new Wakeup();
  while (!signal.aborted) {
    try {
      for await (const _page of readPages(request, { start: moment, end: moment + 1000 }, true, freshReading())) break;
      return Checkpoint.begin(identity, how, startTime(configured.settings.start_from, clock.now()), stored);
    } catch (error) {
      if (!signal.aborted) await pause.wait(failures.failed(error), signal);
    }
  }
  return undefined;
}
