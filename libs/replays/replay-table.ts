import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Replay } from '@tailrace/schemas/generated/replay.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { progressKey, replayIdOf } from './replay-keys.ts';

/** One replay as its two records describe it. */
export interface KnownReplay {
  readonly id: string;
  readonly request: ReplayRequest;
  /** Undefined until a replayer has begun with it. */
  readonly progress: ReplayProgress | undefined;
}

export interface ReplayTable {
  /** Requests have their id as key, progress `progressKey(id)`. */
  readonly table: Table<Replay>;
  get(id: string): KnownReplay | undefined;
  /** Newest first; all replays when no project is given. */
  list(projectId?: string): readonly KnownReplay[];
}

export interface ReplayTableOptions {
  readonly kafka: Kafka;
  readonly logger: Logger;
  /** Left out: every partition. */
  readonly partitions?: readonly number[];
  /** Something about a replay is new. Not called for what was there when the table was opened. */
  readonly onChange?: (replayId: string) => void;
}

/** Opens the table of replays. */
export function openReplayTable({ kafka, logger, partitions, onChange }: ReplayTableOptions): ReplayTable {
  const requests = new Map<string, ReplayRequest>();
  const table = openTable({
    kafka,
    logger,
    topic: topics.replays,
    ...(partitions && { partitions }),
    onChange: ({ key, value, live }) => {
      const id = replayIdOf(key);
      if (key === id) {
        if (value?.request) requests.set(id, value.request);
        else requests.delete(id);
      }
      if (live) onChange?.(id);
    },
  });
  const known = (id: string, request: ReplayRequest): KnownReplay => ({
    id,
    request,
    progress: table.get(progressKey(id))?.progress ?? undefined,
  });
  return {
    table,
    get(id) {
      const request = requests.get(id);
      return request && known(id, request);
    },
    list: (projectId) =>
      [...requests]
        .filter(([, request]) => projectId === undefined || request.project_id === projectId)
        .map(([id, request]) => known(id, request))
        .sort((one, other) => other.request.created_at - one.request.created_at),
  };
}

/** Whether there is nothing left to do for it. */
export function isFinished({ progress }: Pick<KnownReplay, 'progress'>): boolean {
  return progress !== undefined && progress.status !== 'running';
}
