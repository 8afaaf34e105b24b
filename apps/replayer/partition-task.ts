import { untilAborted } from '@tailrace/errors/abort.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import { progressKey } from '@tailrace/replays/replay-keys.ts';
import { isFinished, type KnownReplay, openReplayTable, type ReplayTable } from '@tailrace/replays/replay-table.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import type { Ownership } from '@tailrace/stream/owning/ownership.ts';
import { PartitionWriter } from '@tailrace/stream/partition-writer.ts';
import { fencedEnd } from '@tailrace/stream/processing/fenced-end.ts';
import type { ConsumerLag } from '@tailrace/stream/reading/consumer-lag.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expiredReplays } from './expired-replays.ts';
import { ReplayJob, type ReplayJobDeps } from './replay-job.ts';

export interface PartitionTaskDeps extends ReplayJobDeps {
  /** How long a project's replay goes on while other projects wait, milliseconds. Default: 10 000. */
  readonly turnMs?: number;
}

/**
 * Runs the replays of one partition of `replays` until it is revoked, one at a time: projects take turns, and those of one
 * project come one after the other, oldest first; what is paused is passed over. Fences first: the progress that is read
 * after that is final (docs/decisions/0002-one-transactional-id-per-partition.md). Every failure of Kafka ends it; the
 * partition's owner starts it again. Where there is nothing to do, it waits for the table to change.
 */
export async function runPartition(deps: PartitionTaskDeps, lag: ConsumerLag, ownership: Ownership): Promise<void> {
  const { kafka, turnMs = 10_000 } = deps;
  const { revoked, lost } = ownership;
  const { partition } = ownership.partition;
  const logger = deps.logger.child({ partition });
  const producer = await kafka.transactionalProducer(`replayer-${partition}`);
  const writer = new PartitionWriter({ producer, lost, logger, committed: () => ownership.progressed() });
  const ended = Promise.race([writer.failed, untilAborted(revoked)]);
  ended.catch(() => undefined);
  let changed = Promise.withResolvers<string>();
  const replays = openReplayTable({
    kafka,
    logger,
    partitions: [partition],
    onChange: (id) => {
      changed.resolve(id);
      changed = Promise.withResolvers();
    },
  });
  lag.follow(ownership.partition, () => replays.table.position(partition), revoked);
  /** What this owner has committed itself: newer than what the table has read of it. Nobody else writes progress. */
  const own = new Map<string, ReplayProgress>();
  /** Projects in the order of their last turn: those that had none yet come first. */
  const served = new Set<string>();
  try {
    await Promise.race([untilWhole(deps, replays, ownership), ended]);
    while (!revoked.aborted) {
      ownership.progressed();
      const news = changed.promise;
      await Promise.race([forget(writer, partition, replays, own, revoked), ended]);
      const next = nextOf(replays, own, served);
      if (!next) {
        await Promise.race([news, ended]);
        continue;
      }
      const { project_id: project } = next.request;
      served.delete(project);
      served.add(project);
      const othersWait = () => waitingOf(replays, own).some(({ request }) => request.project_id !== project);
      const job = new ReplayJob({ ...deps, logger, partition, writer, replay: next });
      if (next.request.desired_state === 'cancelled') await job.cancel();
      else await runWhileWanted(job, next, { replays, revoked, nextChange: () => changed.promise, turnMs, othersWait });
      own.set(next.id, job.progress);
    }
    await writer.idle();
  } finally {
    await replays.table.close();
    await producer.close();
  }
}

/** Resolves when all that an earlier owner committed has been read. */
async function untilWhole({ kafka }: ReplayJobDeps, { table }: ReplayTable, { partition, revoked }: Ownership) {
  const end = await fencedEnd(kafka, partition);
  await table.caughtUp;
  await table.untilOffset(partition.partition, end, revoked);
}

/** Deletes finished replays that nobody needs any more. Once deleted, the table has them no longer than until it has read that. */
async function forget(
  writer: PartitionWriter,
  partition: number,
  replays: ReplayTable,
  own: Map<string, ReplayProgress>,
  revoked: AbortSignal,
): Promise<void> {
  const expired = expiredReplays(replays.list(), Date.now());
  if (expired.length === 0) return;
  const deleted = ({ id, request }: KnownReplay) =>
    // The request first: progress that is missing means that a replay has not begun.
    [id, progressKey(id)].map((key) =>
      topicRecord(topics.replays, key, null, { partition, headers: { project: request.project_id } }),
    );
  await writer.write(expired.flatMap(deleted));
  for (const { id } of expired) own.delete(id);
  await Promise.all(
    expired.map(({ id }) => replays.table.until(progressKey(id), (known) => known === undefined, revoked)),
  );
}

/** What has something to do, oldest first: to be run, or to be ended because nobody wants it any more. */
function waitingOf(replays: ReplayTable, own: ReadonlyMap<string, ReplayProgress>): readonly KnownReplay[] {
  return replays
    .list()
    .toReversed()
    .map((replay) => ({ ...replay, progress: own.get(replay.id) ?? replay.progress }))
    .filter((replay) => !isFinished(replay) && replay.request.desired_state !== 'paused');
}

/** The oldest of the project whose turn it is. */
function nextOf(
  replays: ReplayTable,
  own: ReadonlyMap<string, ReplayProgress>,
  served: ReadonlySet<string>,
): KnownReplay | undefined {
  const waiting = waitingOf(replays, own);
  const turns = [...served];
  const turnOf = ({ request }: KnownReplay) => turns.indexOf(request.project_id);
  const earliest = Math.min(...waiting.map(turnOf));
  return waiting.find((replay) => turnOf(replay) === earliest);
}

interface Wanted {
  readonly replays: ReplayTable;
  readonly revoked: AbortSignal;
  readonly nextChange: () => Promise<string>;
  readonly turnMs: number;
  readonly othersWait: () => boolean;
}

/**
 * Runs until it ends by itself, the partition is revoked, people pause, cancel or change it, or its turn is over and
 * another project waits.
 */
async function runWhileWanted(
  job: ReplayJob,
  { id, request }: KnownReplay,
  { replays, revoked, nextChange, turnMs, othersWait }: Wanted,
): Promise<void> {
  const unwanted = new AbortController();
  const done = Promise.withResolvers<'done'>();
  const watching = (async () => {
    while (!unwanted.signal.aborted) {
      if (replays.get(id)?.request.version !== request.version) unwanted.abort();
      else if ((await Promise.race([nextChange(), done.promise])) === 'done') return;
    }
  })();
  // Its place is kept by its progress, as when it is paused.
  const turn = setInterval(() => othersWait() && unwanted.abort(), turnMs);
  try {
    await job.run(AbortSignal.any([revoked, unwanted.signal]));
  } finally {
    clearInterval(turn);
    done.resolve('done');
    await watching;
  }
}
