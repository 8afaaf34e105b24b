import { isFinished, type KnownReplay } from '@tailrace/replays/replay-table.ts';

const day = 24 * 60 * 60 * 1000;
/** How long a finished replay can be looked up. */
const keptMs = 30 * day;
/** Finished replays of one project that can be looked up: the newest. */
const keptOfProject = 500;

/**
 * Finished replays that need not be known any more, so that the table does not grow for ever.
 * @param now milliseconds since the epoch.
 */
export function expiredReplays(replays: readonly KnownReplay[], now: number): readonly KnownReplay[] {
  const finished = replays.filter(isFinished).toSorted((one, other) => finishedAt(other) - finishedAt(one));
  const kept = new Map<string, number>();
  return finished.filter((replay) => {
    if (finishedAt(replay) < (now - keptMs) * 1000) return true;
    const { project_id: project } = replay.request;
    const newer = kept.get(project) ?? 0;
    kept.set(project, newer + 1);
    return newer >= keptOfProject;
  });
}

function finishedAt({ progress }: KnownReplay): number {
  return progress?.finished_at ?? 0;
}
