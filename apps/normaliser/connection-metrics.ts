import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { CountedLines } from './connection-tally.ts';

/** Connections of a process that have series of their own: there may be thousands, and each has four series. */
const maxConnections = 500;
/** A connection that has been quiet for this long makes way for one that has lines. */
const makesWayAfterMs = 3_600_000;
/** Stands for the connections beyond the bound. */
const others = '(others)';

interface ConnectionMetricsOptions {
  readonly metrics: Metrics;
  /** Whether there is a connection of this id. The series of one that was deleted end. */
  readonly exists: (connectionId: string) => boolean;
  /** Milliseconds, monotonic. */
  readonly clock?: () => number;
}

interface Series {
  lines: number;
  withLevel: number;
  withTime: number;
  plain: number;
  lastLinesAt: number;
}

/**
 * How well the lines of each connection are understood, as counters. Their number is bounded: further connections share
 * one label, and a connection's series end when it is deleted, when its lines go to another process, or when they have
 * stopped and their place is needed.
 */
export class ConnectionMetrics {
  readonly #options: ConnectionMetricsOptions;
  readonly #clock: () => number;
  readonly #series = new Map<string, Series>();
  readonly #stop: () => void;

  constructor(options: ConnectionMetricsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    const { metrics } = options;
    const labels = ['connection'] as const;
    const lines = metrics.counter({
      name: 'tailrace_normaliser_connection_lines_total',
      help: `Lines normalised, of each connection; ${others}: of connections beyond ${maxConnections} in this process.`,
      labels,
    });
    const withLevel = metrics.counter({
      name: 'tailrace_normaliser_connection_lines_with_level_total',
      help: 'Those of them that have a level.',
      labels,
    });
    const withTime = metrics.counter({
      name: 'tailrace_normaliser_connection_lines_with_time_total',
      help: 'Those of them whose text states a time.',
      labels,
    });
    const plain = metrics.counter({
      name: 'tailrace_normaliser_connection_lines_plain_total',
      help: 'Those of them that no parser knew.',
      labels,
    });
    this.#stop = metrics.beforeScrape(() => {
      for (const counter of [lines, withLevel, withTime, plain]) counter.reset();
      for (const [connection, series] of this.#series) {
        if (connection !== others && !options.exists(connection)) {
          this.#series.delete(connection);
          continue;
        }
        lines.inc({ connection }, series.lines);
        withLevel.inc({ connection }, series.withLevel);
        withTime.inc({ connection }, series.withTime);
        plain.inc({ connection }, series.plain);
      }
    });
  }

  add({ connectionId, lines, withLevel, withTime, plain }: CountedLines): void {
    const series = this.#of(connectionId);
    series.lines += lines;
    series.withLevel += withLevel;
    series.withTime += withTime;
    series.plain += plain;
    series.lastLinesAt = this.#clock();
  }

  /** Ends the series of connections whose lines another process reads from now on. */
  release(connectionIds: Iterable<string>): void {
    for (const id of connectionIds) this.#series.delete(id);
  }

  close(): void {
    this.#stop();
  }

  #of(connectionId: string): Series {
    const own = this.#series.get(connectionId);
    if (own !== undefined) return own;
    const owned = this.#series.size - (this.#series.has(others) ? 1 : 0);
    const name = owned < maxConnections || this.#makeWay() ? connectionId : others;
    const series = this.#series.get(name) ?? { lines: 0, withLevel: 0, withTime: 0, plain: 0, lastLinesAt: 0 };
    this.#series.set(name, series);
    return series;
  }

  /** @returns whether a place is free now. */
  #makeWay(): boolean {
    let quietest: string | undefined;
    let since = this.#clock() - makesWayAfterMs;
    for (const [connection, { lastLinesAt }] of this.#series) {
      if (connection === others) continue;
      if (!this.#options.exists(connection)) {
        this.#series.delete(connection);
        return true;
      }
      if (lastLinesAt > since) continue;
      quietest = connection;
      since = lastLinesAt;
    }
    return quietest !== undefined && this.#series.delete(quietest);
  }
}
