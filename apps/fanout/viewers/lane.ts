import type { FetchedRecord } from '@tailrace/kafka/kafka.ts';
import { encodeCursor, type LogIdentity, type Position } from '@tailrace/log-query/live-cursor.ts';
import type { Matcher } from '@tailrace/log-query/matcher.ts';
import { Slice } from '@tailrace/log-query/thread-time.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { lineJson, logsFrame } from '../serving/frames.ts';

/** Someone who follows the live end of a project. Called synchronously, in the order of the log. */
export interface Follower {
  /** New matching lines up to the lane's position, as a frame that is shared by everyone with the same filter. */
  lines(frame: string, count: number): void;
  /** Retention removed records that had not been read yet; lines from `from` to the lane's position are gone. */
  lost(from: Position): void;
}

export interface Following {
  /** Lines that matched this filter so far; the difference of two readings is what was missed in between. */
  matched(): number;
  leave(): void;
}

/** Everyone who follows the project with one filter. */
interface Audience {
  readonly matches: Matcher;
  readonly followers: Set<Follower>;
  lines: string[];
  /** Lines that matched since the audience came together. */
  matched: number;
}

/** A record and where it stands. */
export interface Incoming {
  readonly partition: number;
  readonly record: FetchedRecord;
}

export interface LaneOptions {
  readonly project: string;
  readonly log: LogIdentity;
  readonly position: Position;
  readonly logger: Logger;
  /** Called whenever the lane has come to rest at a new position. */
  readonly onRest: () => void;
  /** Called when the last follower has left. */
  readonly onEmpty: () => void;
}

/**
 * One project's part of the live end: its followers, and how far they have been served. What is read is matched in slices of
 * the project's share of the thread, so however many filters its viewers have, and however heavy, other projects' lines
 * come in between. A record is decoded once, turned into JSON once, and framed once for each distinct filter.
 *
 * Between `isBusy` becoming false and true again, `position` and what followers were sent agree.
 */
export class Lane {
  readonly project: string;
  readonly #options: LaneOptions;
  readonly #audiences = new Map<string, Audience>();
  #position: Position;
  #running: Promise<void> | undefined;

  constructor(options: LaneOptions) {
    this.project = options.project;
    this.#options = options;
    this.#position = options.position;
  }

  /** The next offset of each partition that followers have not been sent. */
  get position(): Position {
    return this.#position;
  }

  /** Whether records are being matched that followers have not been sent yet. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when it is not busy. */
  async rest(): Promise<void> {
    await this.#running;
  }

  /** Follows from the present position on; not while busy. Equal keys share one audience. */
  follow(filterKey: string, matches: Matcher, follower: Follower): Following {
    const audience = this.#audiences.get(filterKey) ?? { matches, followers: new Set(), lines: [], matched: 0 };
    this.#audiences.set(filterKey, audience);
    audience.followers.add(follower);
    return {
      matched: () => audience.matched,
      leave: () => {
        if (!audience.followers.delete(follower) || audience.followers.size > 0) return;
        if (this.#audiences.get(filterKey) === audience) this.#audiences.delete(filterKey);
        if (this.#audiences.size === 0) this.#options.onEmpty();
      },
    };
  }

  /** Takes what was read up to a position, not while busy. What is quickly done is done at once. */
  take(records: readonly Incoming[], position: Position): void {
    const slice = new Slice(this.project);
    const steps = this.#match(records, slice);
    const finish = () => {
      slice.end();
      this.#position = position;
      this.#send();
      this.#running = undefined;
      this.#options.onRest();
    };
    if (steps.next().done) {
      finish();
      return;
    }
    this.#running = (async () => {
      do await slice.rest();
      while (!steps.next().done);
      finish();
    })();
  }

  /** Retention has removed what stands before this position. Not while busy. */
  lose(position: Position): void {
    const from = this.#position;
    this.#position = position;
    for (const { followers } of this.#audiences.values()) for (const follower of [...followers]) follower.lost(from);
    this.#options.onRest();
  }

  /** Matches, and yields whenever others are to be let in. */
  *#match(records: readonly Incoming[], slice: Slice): Generator<void, void> {
    for (const { partition, record } of records) {
      const line = this.#decode(partition, record);
      if (line === undefined) continue;
      let json: string | undefined;
      for (const audience of this.#audiences.values()) {
        // After each: one test of a heavy expression on a long line may take longer than a slice.
        if (slice.isOver) yield;
        if (!this.#isFor(audience, line, partition, record.offset)) continue;
        json ??= lineJson(line);
        audience.lines.push(json);
      }
    }
  }

  #decode(partition: number, { value, offset }: FetchedRecord): LogRecord | undefined {
    if (value === null) return undefined;
    try {
      return topics.logs.codec.decode(value);
    } catch (error) {
      // The sink reads the same record and makes it a dead letter; here it is only not shown.
      this.#notShown(error, partition, offset);
      return undefined;
    }
  }

  #isFor({ matches }: Audience, line: LogRecord, partition: number, offset: number): boolean {
    try {
      return matches(line);
    } catch (error) {
      this.#notShown(error, partition, offset);
      return false;
    }
  }

  #notShown(error: unknown, partition: number, offset: number): void {
    this.#options.logger.error({ err: error, partition, offset }, 'a record cannot be shown');
  }

  #send(): void {
    let cursor: string | undefined;
    for (const audience of this.#audiences.values()) {
      const { lines, followers } = audience;
      if (lines.length === 0) continue;
      audience.lines = [];
      audience.matched += lines.length;
      cursor ??= encodeCursor(this.#options.log, this.#position);
      const frame = logsFrame(lines, cursor);
      for (const follower of [...followers]) follower.lines(frame, lines.length);
    }
  }
}
