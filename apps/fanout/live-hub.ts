import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { encodeCursor, type LogIdentity, type Position } from '@tailrace/log-query/live-cursor.ts';
import type { Matcher } from '@tailrace/log-query/matcher.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { LiveReader } from './reading/live-reader.ts';
import { type Follower, type Following, Lane } from './viewers/lane.ts';

export interface LiveHubOptions {
  readonly kafka: Kafka;
  readonly log: LogIdentity;
  readonly logger: Logger;
  /** Called after each round of the log that was read. */
  readonly onRead?: (records: number) => void;
  /**
   * How long the others wait for a project's lines to be matched before it reads the log by itself, milliseconds. Default:
   * 100.
   */
  readonly patienceMs?: number;
  /** How long it then stays by itself at least, so that it is not at once in the way again, milliseconds. Default: 10 000. */
  readonly apartMs?: number;
}

/** Projects that may read by themselves: each reading fetches the whole log once more. */
const mostApart = 8;

/**
 * The live end of `logs`, read once for this process and handed to those who follow. A record is decoded only when somebody
 * follows its project.
 *
 * Projects do not wait for each other: one whose viewers' filters take long is given a reading of its own, which goes on
 * from where it stands as fast as its share of the thread lets it, and comes back when it has caught up. Its viewers miss
 * nothing; the others see nothing of it.
 */
export class LiveHub {
  readonly log: LogIdentity;
  readonly failed: Promise<never>;
  readonly #options: LiveHubOptions;
  readonly #shared: LiveReader;
  /** Readings of single projects. */
  readonly #apart = new Map<string, LiveReader>();
  readonly #waiting = new Set<() => void>();
  readonly #fail: (reason: unknown) => void;

  private constructor(options: LiveHubOptions, position: Position) {
    this.log = options.log;
    this.#options = options;
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => undefined);
    this.failed = failure.promise;
    this.#fail = failure.reject;
    this.#shared = new LiveReader({ ...options, position, beforeRound: () => this.#beforeSharedRound() });
    this.#shared.done.catch(failure.reject);
  }

  /** Begins at the end that the log has now. */
  static async open(options: LiveHubOptions): Promise<LiveHub> {
    const latest = await options.kafka.admin.offsets(topics.logs.name, 'last_stable');
    return new LiveHub(options, [...latest]);
  }

  /** Where the reader that all projects share has come to. */
  get position(): Position {
    return this.#shared.position;
  }

  /** The next offset of each partition that the project's followers have not been sent. */
  positionOf(project: string): Position {
    return this.#lane(project)?.position ?? this.#shared.position;
  }

  cursorOf(project: string): string {
    return encodeCursor(this.log, this.positionOf(project));
  }

  /** Whether lines of the project have been read that its followers have not been sent yet. */
  isBusy(project: string): boolean {
    return this.#lane(project)?.isBusy === true;
  }

  /** Projects that read by themselves now. */
  get apart(): readonly string[] {
    return [...this.#apart.keys()];
  }

  /** Why the log cannot be read at the moment. */
  get trouble(): unknown {
    return this.#shared.trouble ?? [...this.#apart.values()].find(({ trouble }) => trouble !== undefined)?.trouble;
  }

  /**
   * Follows a project from its present position on; not while it is busy. `filterKey` names the filter: equal keys share
   * the work.
   */
  follow(project: string, filterKey: string, matches: Matcher, follower: Follower): Following {
    const lane = this.#lane(project) ?? this.#open(project);
    return lane.follow(filterKey, matches, follower);
  }

  /**
   * Resolves when the project's followers have been sent everything up to a position in every partition, and it is
   * not busy. Others may run before the one that waits, so it has to be looked at again. Rejects with the signal's reason.
   */
  async reached(project: string, position: Position, signal: AbortSignal): Promise<void> {
    const there = () =>
      !this.isBusy(project) &&
      this.positionOf(project).every((offset, partition) => offset >= (position[partition] ?? 0));
    if (there()) return;
    const reached = Promise.withResolvers<void>();
    const check = () => there() && reached.resolve();
    const abort = () => reached.reject(signal.reason);
    this.#waiting.add(check);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    await reached.promise.finally(() => {
      this.#waiting.delete(check);
      signal.removeEventListener('abort', abort);
    });
  }

  async close(): Promise<void> {
    const readers = [this.#shared, ...this.#apart.values()];
    for (const reader of readers) reader.stop();
    await Promise.all(readers.map(({ done }) => done.catch(() => undefined)));
  }

  #lane(project: string): Lane | undefined {
    return this.#shared.lanes.get(project) ?? this.#apart.get(project)?.lanes.get(project);
  }

  #open(project: string): Lane {
    const { logger } = this.#options;
    const lane = new Lane({
      project,
      log: this.log,
      position: this.#shared.position,
      logger,
      onRest: () => this.#check(),
      onEmpty: () => {
        if (this.#shared.lanes.get(project) === lane) this.#shared.lanes.delete(project);
        const reader = this.#apart.get(project);
        if (reader?.lanes.get(project) !== lane) return;
        this.#apart.delete(project);
        reader.stop();
      },
    });
    this.#shared.lanes.set(project, lane);
    return lane;
  }

  #check(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Waits for lanes that are busy, as long as nobody else has to wait for them too long. */
  async #beforeSharedRound(): Promise<void> {
    this.#check();
    const { lanes } = this.#shared;
    const { patienceMs = 100 } = this.#options;
    for (;;) {
      const busy = [...lanes.values()].filter(({ isBusy }) => isBusy);
      if (busy.length === 0) return;
      await within(patienceMs, Promise.all(busy.map((lane) => lane.rest())));
      for (const lane of busy) {
        if (lane.isBusy && lanes.size > 1 && this.#apart.size < mostApart) this.#setApart(lane);
      }
    }
  }

  #setApart(lane: Lane): void {
    const { project } = lane;
    const { kafka, logger, apartMs = 10_000 } = this.#options;
    const shared = this.#shared;
    const began = performance.now();
    logger.info({ project }, 'matching lines for the viewers of a project takes long: it reads the log by itself now');
    shared.lanes.delete(project);
    const reader = new LiveReader({
      kafka,
      logger,
      position: shared.position,
      beforeRound: async () => {
        await lane.rest();
        if (performance.now() - began < apartMs || !isSame(lane.position, shared.position)) return;
        // In this very turn both have read the same: nothing is missed, and nothing comes twice.
        if (this.#apart.get(project) !== reader) return;
        this.#apart.delete(project);
        reader.lanes.delete(project);
        reader.stop();
        shared.lanes.set(project, lane);
      },
    });
    reader.done.catch(this.#fail);
    reader.lanes.set(project, lane);
    this.#apart.set(project, reader);
  }
}

/** Waits for something, at most so long. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

function isSame(one: Position, other: Position): boolean {
  return one.every((offset, partition) => offset === other[partition]);
}
