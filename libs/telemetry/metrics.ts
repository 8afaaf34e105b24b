import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * A metric as the code that feeds it declares it. Names follow Prometheus: `tailrace_` first, base units last
 * (`_seconds`, `_bytes`), `_total` for counters (https://prometheus.io/docs/practices/naming/).
 */
export interface MetricSpec<Label extends string = never> {
  readonly name: `tailrace_${string}`;
  readonly help: string;
  /** Names of the labels. Their values must be few: never a log's own text. */
  readonly labels?: readonly Label[];
}

export interface HistogramSpec<Label extends string = never> extends MetricSpec<Label> {
  /** Upper bounds in the metric's unit, ascending. Default: 1 ms to 10 s, for a metric in seconds. */
  readonly buckets?: readonly number[];
}

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const metricName = /^tailrace_[a-z][a-z0-9_]*$/;

/**
 * The metrics of one process. Roles that run together share one and may declare the same metric: the first declaration
 * makes it, later ones get the same. Each test makes its own.
 */
export class Metrics {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #beforeScrape = new Set<() => void | Promise<void>>();

  constructor() {
    this.contentType = this.#registry.contentType;
  }

  /** Adds Node's own: CPU, memory, event loop delay, garbage collection. Once a process. */
  collectProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** @throws TailraceError `metrics.invalid_name`, `metrics.conflict` */
  counter<Label extends string = never>(spec: MetricSpec<Label>): Counter<Label> {
    return this.#once(spec, Counter<Label>, '_total', () => new Counter<Label>({ ...this.#base(spec) }));
  }

  /** @throws TailraceError `metrics.invalid_name`, `metrics.conflict` */
  gauge<Label extends string = never>(spec: MetricSpec<Label>): Gauge<Label> {
    return this.#once(spec, Gauge<Label>, '', () => new Gauge<Label>({ ...this.#base(spec) }));
  }

  /** @throws TailraceError `metrics.invalid_name`, `metrics.conflict` */
  histogram<Label extends string = never>(spec: HistogramSpec<Label>): Histogram<Label> {
    const buckets = [...(spec.buckets ?? latencyBuckets)];
    return this.#once(spec, Histogram<Label>, '', () => new Histogram<Label>({ ...this.#base(spec), buckets }));
  }

  /**
   * Runs `update` before each scrape: for gauges that are cheaper to compute when somebody looks.
   * @returns what stops it.
   */
  beforeScrape(update: () => void | Promise<void>): () => void {
    this.#beforeScrape.add(update);
    return () => void this.#beforeScrape.delete(update);
  }

  /** The text that Prometheus scrapes, of type `contentType`. */
  async expose(): Promise<string> {
    for (const update of this.#beforeScrape) await update();
    return this.#registry.metrics();
  }

  #base<Label extends string>(spec: MetricSpec<Label>) {
    return { name: spec.name, help: spec.help, labelNames: [...(spec.labels ?? [])], registers: [this.#registry] };
  }

  #once<Label extends string, Metric extends object>(
    spec: MetricSpec<Label>,
    kind: abstract new (...args: never[]) => Metric,
    suffix: string,
    make: () => Metric,
  ): Metric {
    const existing: unknown = this.#registry.getSingleMetric(spec.name);
    if (existing === undefined) {
      if (!metricName.test(spec.name) || !spec.name.endsWith(suffix)) throw invalidName(spec.name, suffix);
      return make();
    }
    if (existing instanceof kind && sameLabels(existing, spec.labels ?? [])) return existing;
    throw new TailraceError(`metric ${spec.name} is declared twice, with another kind or other labels`, {
      code: 'metrics.conflict',
      remedy: 'give-up',
    });
  }
}

function sameLabels(metric: object, labels: readonly string[]): boolean {
  return 'labelNames' in metric && JSON.stringify(metric.labelNames) === JSON.stringify(labels);
}

function invalidName(name: string, suffix: string): TailraceError {
  return new TailraceError(
    `"${name}" is no name for this metric: lower case, begins with tailrace_, ends with ${suffix || 'its unit'}`,
    {
      code: 'metrics.invalid_name',
      remedy: 'give-up',
    },
  );
}
