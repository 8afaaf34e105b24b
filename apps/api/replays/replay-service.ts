import { Problem } from '@tailrace/http/problem.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { newReplayId } from '@tailrace/replays/replay-keys.ts';
import { isFinished, type KnownReplay, type ReplayTable } from '@tailrace/replays/replay-table.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { Replay } from '@tailrace/schemas/generated/replay.ts';
import type { ReplayDesiredState } from '@tailrace/schemas/generated/replay-desired-state.ts';
import type { ReplayMode } from '@tailrace/schemas/generated/replay-mode.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import type { ProjectTable } from '../resources/project-table.ts';
import type { TableWriter } from '../resources/table-writer.ts';
import { rawHorizon } from './raw-horizon.ts';

export interface ReplayServiceOptions {
  readonly kafka: Kafka;
  readonly replays: ReplayTable;
  readonly writer: TableWriter<Replay>;
  readonly connections: ProjectTable<Connection>;
}

export interface NewReplay {
  readonly projectId: string;
  /** Left out: whatever the project has. */
  readonly connectionIds?: readonly string[] | undefined;
  /** Event times, microseconds since the epoch; 0: from whatever is kept. */
  readonly from: number;
  readonly to: number;
  readonly mode: ReplayMode;
  readonly recordsPerSecond: number | null;
  readonly createdBy: string;
}

/** Replays of a project that run, wait or are paused: they run one after the other. */
const maxOpen = 20;

/** What can be asked of replays. Every method throws Problem: 404 unknown, 409 where it cannot be now, 422 wrong input. */
export class ReplayService {
  readonly #options: ReplayServiceOptions;

  constructor(options: ReplayServiceOptions) {
    this.#options = options;
  }

  async create(wanted: NewReplay): Promise<KnownReplay> {
    const { writer, replays } = this.#options;
    const connections = this.#connections(wanted);
    this.#requirePlace(wanted.projectId);
    await this.#requireKept(wanted, connections);
    const request: ReplayRequest = {
      project_id: wanted.projectId,
      connection_ids: connections.map(({ id }) => id),
      providers: connections.map(({ provider }) => provider),
      from: wanted.from,
      to: wanted.to,
      mode: wanted.mode,
      records_per_second: wanted.recordsPerSecond,
      desired_state: 'running',
      version: 1,
      created_at: Date.now() * 1000,
      created_by: wanted.createdBy,
      connection_positions: this.#connectionPositions(),
    };
    const id = newReplayId(wanted.projectId);
    await writer.change(id, (current) => {
      // Asked again after an answer of Kafka was lost: what was sent is there.
      if (current) return current;
      this.#requirePlace(wanted.projectId);
      const other = replays
        .list(wanted.projectId)
        .find((each) => each.id !== id && !isEnding(each) && overlap(each.request, request));
      if (other) {
        throw new Problem(409, {
          code: 'replay_overlaps',
          detail: `The replay ${other.id} of the same events has not ended. Wait for it, or cancel it first.`,
        });
      }
      return { id, request, progress: null };
    });
    return { id, request, progress: undefined };
  }

  get(id: string, projects: readonly string[]): KnownReplay {
    const replay = this.#options.replays.get(id);
    if (!replay || !projects.includes(replay.request.project_id)) throw new Problem(404);
    return replay;
  }

  list(projectId: string): readonly KnownReplay[] {
    return this.#options.replays.list(projectId);
  }

  /** Asking again for what is already so changes nothing. */
  async setState(id: string, projects: readonly string[], state: ReplayDesiredState): Promise<KnownReplay> {
    this.get(id, projects);
    const { writer, replays } = this.#options;
    await writer.change(id, (current) => {
      if (!current?.request) throw new Problem(404);
      const { request } = current;
      if (request.desired_state === state) return current;
      const { progress } = replays.get(id) ?? { progress: undefined };
      if (isFinished({ progress }) || request.desired_state === 'cancelled') {
        throw new Problem(409, {
          detail: `The replay is ${progress && isFinished({ progress }) ? progress.status : 'cancelled'} already.`,
        });
      }
      return { ...current, request: { ...request, desired_state: state, version: request.version + 1 } };
    });
    return this.get(id, projects);
  }

  /** @throws Problem 429 when the project has as many replays that have not ended as it may. */
  #requirePlace(projectId: string): void {
    const open = this.#options.replays.list(projectId).filter((each) => !isEnding(each)).length;
    if (open < maxOpen) return;
    throw new Problem(429, {
      code: 'too_many_replays',
      detail: `The project has ${maxOpen} replays that have not ended, the most it may have. Wait for one, or cancel one.`,
      retryAfterSeconds: 60,
    });
  }

  /** What the replayer must have read too, so that it knows the parsing rules that are known here. */
  #connectionPositions(): readonly number[] {
    const { table } = this.#options.connections;
    return Array.from({ length: topics.connections.partitions }, (_, partition) => table.position(partition));
  }

  #connections({ projectId, connectionIds }: NewReplay): readonly Connection[] {
    const { connections } = this.#options;
    return (connectionIds ?? []).map((id, index) => {
      const connection = connections.table.get(id);
      if (connection?.project_id === projectId) return connection;
      const field = `body.connection_ids.${index}`;
      const message = `the project has no connection ${id}`;
      throw new Problem(422, { detail: `${field}: ${message}`, errors: [{ field, message }] });
    });
  }

  /** @throws Problem 422 for a range that begins before what is kept, saying how far back it can go. */
  async #requireKept({ from }: NewReplay, connections: readonly Connection[]): Promise<void> {
    if (from === 0) return;
    const concerned = (topic: string, partition: number) =>
      connections.length === 0 ||
      connections.some(({ id, provider }) => {
        const raw = rawTopics[provider];
        return raw.name === topic && partitionFor(id, raw.partitions) === partition;
      });
    const horizonMs = await rawHorizon(this.#options.kafka, Object.values(rawTopics), concerned);
    if (horizonMs === undefined || from >= horizonMs * 1000) return;
    const message = `raw events are kept since ${new Date(horizonMs).toISOString()}: a replay cannot begin before that`;
    throw new Problem(422, { detail: `body.from: ${message}`, errors: [{ field: 'body.from', message }] });
  }
}

/** Ended, or about to. */
function isEnding(replay: KnownReplay): boolean {
  return isFinished(replay) || replay.request.desired_state === 'cancelled';
}

/** Only what is applied can be in each other's way; to look at the same twice harms nobody. */
function overlap(one: ReplayRequest, other: ReplayRequest): boolean {
  if (one.mode === 'shadow' || other.mode === 'shadow') return false;
  if (one.from >= other.to || other.from >= one.to) return false;
  const [ids, others] = [one.connection_ids, other.connection_ids];
  return ids.length === 0 || others.length === 0 || ids.some((id) => others.includes(id));
}
