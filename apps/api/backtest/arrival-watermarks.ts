import type { ConnectionProgress } from '@tailrace/schemas/generated/connection-progress.ts';

/** How long after an event's time its line usually has come, microseconds; lateness is allowed for beyond it. */
const slack = 10 * 60_000_000;

interface Seen {
  /** Of its first lines: those that came before progress was reported. */
  oldest: number;
  newest: number;
  arrived: number;
}

/** A connection that the project has, and since when, microseconds. */
export interface KnownConnection {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
}

/**
 * How far connections were complete at a moment of the past, from the kept log alone. One that is catching up is
 * complete up to its newest line; one that has been quiet for a while is as complete as the clock lets expect.
 */
export class ArrivalWatermarks {
  readonly #project: string;
  readonly #known: readonly KnownConnection[];
  readonly #seen = new Map<string, Seen>();
  /** What was reported last, by connection. */
  #told = new Map<string, ConnectionProgress>();

  constructor(project: string, known: readonly KnownConnection[]) {
    this.#project = project;
    this.#known = known;
  }

  /** @param arrived and `timestamp` in microseconds. */
  line(connection: string, timestamp: number, arrived: number): void {
    const seen = this.#seen.get(connection);
    if (!seen) this.#seen.set(connection, { oldest: timestamp, newest: timestamp, arrived });
    else {
      if (!this.#told.has(connection)) seen.oldest = Math.min(seen.oldest, timestamp);
      seen.newest = Math.max(seen.newest, timestamp);
      seen.arrived = arrived;
    }
  }

  /**
   * To be reported before lines that came since the last time: connections that are new are complete up to their oldest
   * line, so that none of these is late. Undefined when none is new.
   */
  withNew(): ConnectionProgress[] | undefined {
    const fresh = [...this.#seen].filter(([id]) => !this.#told.has(id));
    if (fresh.length === 0) return undefined;
    return [...this.#told.values(), ...fresh.map(([id, { oldest }]) => this.#progress(id, oldest))];
  }

  /** As it was when `clock` was now, no further than `limit`. */
  at(clock: number, limit: number): ConnectionProgress[] {
    const quiet = clock - slack;
    const seen = Array.from(this.#seen, ([id, { newest, arrived }]) =>
      this.#progress(id, Math.min(limit, arrived < quiet ? quiet : Math.min(newest, clock) - slack)),
    );
    const silent = this.#known
      .filter(({ id, createdAt }) => !this.#seen.has(id) && createdAt <= clock)
      .map(({ id }) => this.#progress(id, Math.min(limit, quiet)));
    const all = [...seen, ...silent];
    this.#told = new Map(all.map((each) => [each.connection_id, each]));
    return all;
  }

  /** When all has come that will be looked at: everything before `limit`. */
  end(clock: number, limit: number): ConnectionProgress[] {
    return this.at(clock, limit).map((each) => ({ ...each, complete_up_to: limit }));
  }

  #progress(id: string, completeUpTo: number): ConnectionProgress {
    return { connection_id: id, project_id: this.#project, reading: true, complete_up_to: completeUpTo };
  }
}
