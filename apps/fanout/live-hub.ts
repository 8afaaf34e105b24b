import { setMaxListeners } from 'node:events';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { OffsetOutOfRangeError, TopicRecreatedError } from '@tailrace/kafka/errors.ts';
import type { FetchedBatch, Kafka, Reader } from '@tailrace/kafka/kafka.ts';
import { encodeCursor, type LogIdentity, type Position } from '@tailrace/log-query/live-cursor.ts';
import type { Matcher } from '@tailrace/log-query/matcher.ts';
import { Backoff } from '@tailrace/stream/backoff.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { lineJson, logsFrame } from './frames.ts';

/** Someone who follows the live end. Called synchronously, in the order of the log. */
export interface Follower {
  /** New matching lines, as a frame that is shared by everyone with the same filter. */
  lines(frame: string, count: number): void;
  /** Retention removed records that the hub had not read yet; lines from `from` to the hub's position are gone. */
  lost(from: Position): void;
}

/** Everyone who follows one project with one filter. */
interface Audience {
  readonly project: string;
  readonly matches: Matcher;
  readonly followers: Set<Follower>;
  lines: string[];
  /** Lines that matched since the audience came together. */
  matched: number;
}

export interface Following {
  /** Lines that matched this filter so far; the difference of two readings is what was missed in between. */
  matched(): number;
  leave(): void;
}

export interface LiveHubOptions {
  readonly kafka: Kafka;
  readonly log: LogIdentity;
  readonly logger: Logger;
  /** Told of each round of the log that was read. */
  readonly onRead?: (records: number, lag: number) => void;
}

/**
 * Reads the live end of `logs` once for this process and hands each matching line to those who follow. A record is
 * decoded only when somebody follows its project, turned into JSON once, and framed once for each distinct filter.
 *
 * Everything between two reads happens in one synchronous run, so `position` and what followers were told always agree.
 */
export class LiveHub {
  readonly log: LogIdentity;
  readonly failed: Promise<never>;
  readonly #kafka: Kafka;
  readonly #logger: Logger;
  readonly #onRead: LiveHubOptions['onRead'];
  readonly #stop = new AbortController();
  readonly #audiences = new Map<string, Audience>();
  readonly #byProject = new Map<string, Set<Audience>>();
  readonly #waiting = new Set<() => void>();
  #position: number[];
  #trouble: unknown;
  #running: Promise<void>;

  private constructor(options: LiveHubOptions, position: number[]) {
    this.log = options.log;
    this.#kafka = options.kafka;
    this.#logger = options.logger;
    this.#onRead = options.onRead;
    this.#position = position;
    setMaxListeners(0, this.#stop.signal);
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => undefined);
    this.failed = failure.promise;
    this.#running = this.#run().catch((error) => failure.reject(error));
  }

  /** Begins at the end that the log has now. */
  static async open(options: LiveHubOptions): Promise<LiveHub> {
    const latest = await options.kafka.admin.offsets(topics.logs.name, 'latest');
    return new LiveHub(options, [...latest]);
  }

  /** The next offset of each partition that followers have not been told of. */
  get position(): Position {
    return this.#position;
  }

  get cursor(): string {
    return encodeCursor(this.log, this.#position);
  }

  /** Why the log cannot be read at the moment. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** Follows from the present position on. `filterKey` names the filter: equal keys share one audience. */
  follow(project: string, filterKey: string, matches: Matcher, follower: Follower): Following {
    const key = `${project}\n${filterKey}`;
    const audience = this.#audiences.get(key) ?? { project, matches, followers: new Set(), lines: [], matched: 0 };
    this.#audiences.set(key, audience);
    const ofProject = this.#byProject.get(project) ?? new Set();
    this.#byProject.set(project, ofProject.add(audience));
    audience.followers.add(follower);
    return {
      matched: () => audience.matched,
      leave: () => {
        audience.followers.delete(follower);
        if (audience.followers.size > 0) return;
        if (this.#audiences.get(key) === audience) this.#audiences.delete(key);
        ofProject.delete(audience);
        if (ofProject.size === 0 && this.#byProject.get(project) === ofProject) this.#byProject.delete(project);
      },
    };
  }

  /** Resolves when the hub has read up to a position in every partition. Rejects with the signal's reason. */
  async reached(position: Position, signal: AbortSignal): Promise<void> {
    const there = () => position.every((offset, partition) => (this.#position[partition] ?? 0) >= offset);
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
    this.#stop.abort(new Error('the fanout stops'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const backoff = new Backoff({ initialMs: 100, maxMs: 5000 });
    while (!signal.aborted) {
      let reader: Reader | undefined;
      try {
        reader = await this.#kafka.reader({ positions: this.#positions(), maxWaitMs: 5000 });
        while (!signal.aborted) {
          this.#deliver(await this.#poll(reader));
          this.#trouble = undefined;
          backoff.reset();
        }
      } catch (error) {
        if (error instanceof TopicRecreatedError) throw error;
        this.#trouble = error;
        this.#logger.warn({ err: error }, `the live end cannot be read, trying again: ${messageOf(error)}`);
        await backoff.wait(signal);
      } finally {
        await reader?.close();
      }
    }
  }

  #positions() {
    return this.#position.map((offset, partition) => ({ topic: topics.logs.name, partition, offset }));
  }

  async #poll(reader: Reader): Promise<readonly FetchedBatch[]> {
    try {
      return await reader.poll(this.#stop.signal);
    } catch (error) {
      if (!(error instanceof OffsetOutOfRangeError) || error.position.offset >= error.earliest) throw error;
      const from = this.#position;
      this.#position = from.with(error.position.partition, error.earliest);
      reader.seek({ ...error.position, offset: error.earliest });
      for (const { followers } of this.#audiences.values()) for (const follower of [...followers]) follower.lost(from);
      return [];
    }
  }

  #deliver(batches: readonly FetchedBatch[]): void {
    if (batches.length === 0) return;
    const position = [...this.#position];
    let records = 0;
    let lag = 0;
    for (const batch of batches) {
      position[batch.partition] = batch.nextOffset;
      records += batch.records.length;
      lag += Math.max(0, batch.lastStableOffset - batch.nextOffset);
      for (const { headers, value, offset } of batch.records) {
        const project = headers.get('project')?.toString();
        const audiences = project === undefined ? undefined : this.#byProject.get(project);
        if (audiences && value !== null) this.#match(audiences, value, batch.partition, offset);
      }
    }
    this.#position = position;
    this.#send();
    this.#onRead?.(records, lag);
    for (const check of [...this.#waiting]) check();
  }

  #match(audiences: ReadonlySet<Audience>, value: Buffer, partition: number, offset: number): void {
    let json: string | undefined;
    try {
      const record = topics.logs.codec.decode(value);
      for (const audience of audiences) {
        if (!audience.matches(record)) continue;
        json ??= lineJson(record);
        audience.lines.push(json);
      }
    } catch (error) {
      // The sink reads the same record and makes it a dead letter; here it is only not shown.
      this.#logger.error({ err: error, partition, offset }, 'a record cannot be shown');
    }
  }

  #send(): void {
    let cursor: string | undefined;
    for (const audience of this.#audiences.values()) {
      const { lines, followers } = audience;
      if (lines.length === 0) continue;
      audience.lines = [];
      audience.matched += lines.length;
      cursor ??= this.cursor;
      const frame = logsFrame(lines, cursor);
      for (const follower of [...followers]) follower.lines(frame, lines.length);
    }
  }
}
