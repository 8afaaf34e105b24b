import { randomBytes } from 'node:crypto';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { idPrefixes } from '@tailrace/log-record/id-prefixes.ts';
import { topics } from '@tailrace/topics/topics.ts';

const progressSuffix = '/progress';

/**
 * Draws the id of a new replay: one that falls into its project's partition of the table, so that all replays of a
 * project are decided on one after the other and run by one process.
 */
export function newReplayId(projectId: string): string {
  const { partitions } = topics.replays;
  const wanted = partitionFor(projectId, partitions);
  for (;;) {
    const id = `${idPrefixes.replay}${randomBytes(12).toString('hex')}`;
    if (partitionFor(id, partitions) === wanted) return id;
  }
}

/** The key of a replay's progress; its request has the id itself as its key. */
export function progressKey(replayId: string): string {
  return `${replayId}${progressSuffix}`;
}

/** The replay that a key of the table belongs to. */
export function replayIdOf(key: string): string {
  return key.endsWith(progressSuffix) ? key.slice(0, -progressSuffix.length) : key;
}
