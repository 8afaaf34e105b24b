import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { newReplayId } from '@tailrace/replays/replay-keys.ts';
import { openReplayTable, type ReplayTable } from '@tailrace/replays/replay-table.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** A replay of all events of a project, asked for as the api does. */
export class AskedReplay {
  readonly id: string;
  readonly #kafka: Kafka;
  readonly #replays: ReplayTable;
  #request: ReplayRequest;

  private constructor(kafka: Kafka, replays: ReplayTable, id: string, request: ReplayRequest) {
    this.id = id;
    this.#kafka = kafka;
    this.#replays = replays;
    this.#request = request;
  }

  /** @param to events before this time, microseconds. */
  static async ask(kafka: Kafka, logger: Logger, project: string, to = Date.now() * 1000): Promise<AskedReplay> {
    const request: ReplayRequest = {
      project_id: project,
      connection_ids: [],
      providers: [],
      from: 0,
      to,
      mode: 'apply',
      records_per_second: null,
      desired_state: 'running',
      version: 1,
      created_at: Date.now() * 1000,
      created_by: 'bench',
      connection_positions: [],
    };
    const asked = new AskedReplay(kafka, openReplayTable({ kafka, logger }), newReplayId(project), request);
    await asked.#write();
    return asked;
  }

  get progress(): ReplayProgress | undefined {
    return this.#replays.get(this.id)?.progress;
  }

  /** @throws when it ended in another way. */
  get isCompleted(): boolean {
    const status = this.progress?.status ?? 'running';
    if (status !== 'running' && status !== 'completed') throw new Error(`the replay is ${status}`);
    return status === 'completed';
  }

  async want(desired_state: ReplayRequest['desired_state']): Promise<void> {
    this.#request = { ...this.#request, desired_state, version: this.#request.version + 1 };
    await this.#write();
  }

  async completed(): Promise<void> {
    while (!this.isCompleted) await delay(50);
  }

  close(): Promise<void> {
    return this.#replays.table.close();
  }

  async #write(): Promise<void> {
    const { name: topic, partitions, codec } = topics.replays;
    const value = codec.encode({ id: this.id, request: this.#request, progress: null });
    const producer = await this.#kafka.producer();
    await producer.send([{ topic, partition: partitionFor(this.id, partitions), key: Buffer.from(this.id), value }]);
    await producer.close();
  }
}
