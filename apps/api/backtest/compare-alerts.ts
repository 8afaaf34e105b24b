import type { AlertSpan } from './alert-ledger.ts';

/** Ids of alerts, only the first of each list where there are very many; the totals count all. */
export interface ComparedAlerts {
  readonly both: { first: string; second: string }[];
  readonly both_total: number;
  readonly only_first: string[];
  readonly only_first_total: number;
  readonly only_second: string[];
  readonly only_second_total: number;
}

export interface ComparisonOptions {
  /** How long an alert of each rule lasts at most: its cooldown, microseconds. */
  readonly longest: readonly [first: number, second: number];
  /** Ids of one list. */
  readonly maxListed: number;
}

/**
 * Which alerts of two versions of a rule are about the same: of the same group, and overlapping in time. Each is paired
 * with one of the other at most, the earliest that is free, in order of the first rule's. Alerts are taken while the log
 * is read, and forgotten as soon as none that is still to come can overlap them.
 */
export class AlertComparison {
  readonly #longest: ComparisonOptions['longest'];
  readonly #both: Listed<{ first: string; second: string }>;
  readonly #onlyFirst: Listed<string>;
  readonly #onlySecond: Listed<string>;
  #firsts: AlertSpan[] = [];
  #seconds: AlertSpan[] = [];

  constructor({ longest, maxListed }: ComparisonOptions) {
    this.#longest = longest;
    this.#both = new Listed(maxListed);
    this.#onlyFirst = new Listed(maxListed);
    this.#onlySecond = new Listed(maxListed);
  }

  /** Takes alerts that will not change any more. */
  take(firsts: readonly AlertSpan[], seconds: readonly AlertSpan[]): void {
    this.#firsts.push(...firsts);
    this.#seconds.push(...seconds);
  }

  /** @param settled every alert of either rule that starts before this time and is over by it was taken, microseconds. */
  decide(settled: number): void {
    const [longestFirst, longestSecond] = this.#longest;
    // Whatever may overlap an alert starts before that one's end, and must be over too.
    const firstsBefore = settled - longestFirst - longestSecond;
    const due = this.#firsts.filter(({ startedAt }) => startedAt < firstsBefore);
    if (due.length > 0) this.#pair(due);
    this.#firsts = this.#firsts.filter(({ startedAt }) => startedAt >= firstsBefore);
    const secondsBefore = firstsBefore - longestSecond;
    const over = this.#seconds.filter(({ startedAt }) => startedAt < secondsBefore);
    for (const { id } of over.sort(byStart)) this.#onlySecond.add(id);
    this.#seconds = this.#seconds.filter(({ startedAt }) => startedAt >= secondsBefore);
  }

  /** What was decided; after `decide(Infinity)` of all. */
  get result(): ComparedAlerts {
    return {
      both: this.#both.values,
      both_total: this.#both.total,
      only_first: this.#onlyFirst.values,
      only_first_total: this.#onlyFirst.total,
      only_second: this.#onlySecond.values,
      only_second_total: this.#onlySecond.total,
    };
  }

  get waiting(): number {
    return this.#firsts.length + this.#seconds.length;
  }

  #pair(firsts: AlertSpan[]): void {
    const free = Map.groupBy(this.#seconds.sort(byStart).reverse(), ({ group }) => group);
    const paired = new Set<AlertSpan>();
    for (const first of firsts.sort(byStart)) {
      const earliestLast = free.get(first.group) ?? [];
      // What is over before this one is over before all further ones.
      while ((earliestLast.at(-1)?.endedAt ?? Number.POSITIVE_INFINITY) < first.startedAt) earliestLast.pop();
      const second = earliestLast.at(-1);
      if (second === undefined || second.startedAt > first.endedAt) {
        this.#onlyFirst.add(first.id);
        continue;
      }
      earliestLast.pop();
      paired.add(second);
      this.#both.add({ first: first.id, second: second.id });
    }
    this.#seconds = this.#seconds.filter((second) => !paired.has(second));
  }
}

/** The first of many, and how many there are. */
class Listed<Value> {
  readonly values: Value[] = [];
  total = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(value: Value): void {
    this.total += 1;
    if (this.values.length < this.#max) this.values.push(value);
  }
}

function byStart(one: AlertSpan, other: AlertSpan): number {
  return one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1);
}
