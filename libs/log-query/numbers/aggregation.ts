import { quantityReader, readQuantity, type Unit, unitOfName } from '../query/quantity.ts';
import { type AggregateFunction, percentOf } from './functions.ts';
import { QuantilePrecision, Quantiles } from './quantiles.ts';

/** What is asked of lines. */
export interface AggregateRequest {
  readonly functions: readonly AggregateFunction[];
  /** The name of the attribute whose numbers are meant; undefined where lines alone are counted. */
  readonly field: string | undefined;
  /** The unit its values are read in. Left out: the one its name ends in, or else the one most of its values have. */
  readonly unit: Unit | undefined;
  /** Groups at most, those with the greatest result of the first function. */
  readonly top: number;
  /** How many buckets of time there may be; 1 where there are none. */
  readonly buckets: number;
}

/** Lines that have the same group, bucket and value. */
export interface AggregateRow {
  /** Number of the bucket of time; 0 where there are none. */
  readonly bucket: number;
  /** One text for each field that groups; null where the lines have none. */
  readonly group: readonly (string | null)[];
  /** The text of the numeric field. */
  readonly value: string | null;
  readonly lines: number;
}

/** A result for each function, in their order; null where there is nothing that one could be made of. */
export type Results = readonly (number | null)[];

export interface AggregateGroup {
  readonly group: readonly (string | null)[];
  readonly total: Results;
  /** By the number of the bucket; those without lines are left out. */
  readonly buckets: ReadonlyMap<number, Results>;
}

export interface AggregateResult {
  /** What the results of the numeric functions are in: durations in nanoseconds, sizes in bytes. */
  readonly unit: Unit | undefined;
  /** Lines that matched. */
  readonly lines: number;
  /** Those of them whose field has no number of the unit. */
  readonly withoutNumber: number;
  readonly total: Omit<AggregateGroup, 'group'>;
  /** The first groups, the greatest first. */
  readonly groups: readonly AggregateGroup[];
  /** All other groups together; undefined where there are none. */
  readonly others: Omit<AggregateGroup, 'group'> | undefined;
  /** How many those are, at least: groups beyond what is held are not distinguished. */
  readonly groupsLeftOut: number;
  /** Whether more groups came than are held, so that one of those that came late may be missing among the first. */
  readonly isGroupOverflow: boolean;
  /** How far a percentile may be from the exact one, as a part of it; 0: exact. */
  readonly percentileError: number;
}

/** Seconds that a bucket covers of the range; of the whole range without a bucket. */
export type SecondsOf = (bucket?: number) => number;

/** Bounds of what one aggregation holds. */
export interface AggregationLimits {
  /** Groups times buckets of time. */
  readonly maxCells: number;
  /** Characters of the texts that groups are distinguished by, together. */
  readonly maxGroupCharacters: number;
  /** Different values for percentiles, together. */
  readonly maxValues: number;
}

const usualLimits: AggregationLimits = {
  maxCells: 100_000,
  maxGroupCharacters: 8_000_000,
  maxValues: 500_000,
};

/** Sums up lines by groups and buckets of time. What it holds is bounded; beyond, it says what is no longer exact. */
export class Aggregation {
  readonly #request: AggregateRequest;
  readonly #limits: AggregationLimits;
  readonly #precision: QuantilePrecision;
  readonly #percents: readonly number[];
  readonly #read: (text: string) => { readonly value: number; readonly unit: Unit } | undefined;
  readonly #groups = new Map<string, Group>();
  #others: Group | undefined;
  #characters = 0;

  constructor(request: AggregateRequest, limits: AggregationLimits = usualLimits) {
    this.#request = request;
    this.#limits = limits;
    this.#precision = new QuantilePrecision(limits.maxValues);
    this.#percents = request.functions.flatMap((name) => percentOf(name) ?? []);
    this.#read = valueReader(request);
  }

  add({ bucket, group, value, lines }: AggregateRow): void {
    const held = this.#groupOf(group);
    let cell = held.cells.get(bucket);
    if (cell === undefined) {
      cell = { lines: 0, values: {} };
      held.cells.set(bucket, cell);
    }
    cell.lines += lines;
    const quantity = value === null ? undefined : this.#read(value);
    if (quantity === undefined) return;
    let numbers = cell.values[quantity.unit];
    if (numbers === undefined) {
      numbers = new Numbers(this.#percents.length === 0 ? undefined : new Quantiles(this.#precision));
      cell.values[quantity.unit] = numbers;
    }
    numbers.add(quantity.value, lines);
  }

  #groupOf(group: AggregateRow['group']): Group {
    const key = JSON.stringify(group);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const { maxCells, maxGroupCharacters } = this.#limits;
    const isFull = (this.#groups.size + 1) * this.#request.buckets > maxCells;
    if (isFull || this.#characters + key.length > maxGroupCharacters) {
      this.#others ??= { group: [], cells: new Map() };
      return this.#others;
    }
    this.#characters += key.length;
    const made = { group, cells: new Map() };
    this.#groups.set(key, made);
    return made;
  }

  /** What has been summed up so far. */
  result(secondsOf: SecondsOf): AggregateResult {
    const { functions, top, field } = this.#request;
    const all = [...this.#groups.values(), ...(this.#others === undefined ? [] : [this.#others])];
    const cells = all.flatMap((each) => [...each.cells.values()]);
    const unit = field === undefined ? undefined : (this.#request.unit ?? unitOfName(field)?.unit ?? mostly(cells));
    const lines = sum(cells, (cell) => cell.lines);
    const made = (parts: readonly Cell[], seconds: number) => resultsOf(functions, parts, unit, seconds);
    const over = (groups: readonly Group[]) => ({
      total: made(
        groups.flatMap((each) => [...each.cells.values()]),
        secondsOf(),
      ),
      buckets: new Map(
        [...new Set(groups.flatMap((each) => [...each.cells.keys()]))].map((bucket) => [
          bucket,
          made(
            groups.flatMap((each) => each.cells.get(bucket) ?? []),
            secondsOf(bucket),
          ),
        ]),
      ),
    });
    const [first = 'count'] = functions;
    const ranked = [...this.#groups.values()]
      .map((each) => ({
        each,
        rank: rankOf(first, [...each.cells.values()], unit),
      }))
      .sort((a, b) => b.rank - a.rank || compareGroups(a.each.group, b.each.group))
      .map(({ each }) => each);
    const shown = ranked.slice(0, top);
    const leftOut = ranked.slice(top);
    const beyond = this.#others === undefined ? leftOut : [...leftOut, this.#others];
    return {
      unit,
      lines,
      withoutNumber: field === undefined ? 0 : lines - sum(cells, (cell) => numbersOf(cell, unit).reduce(addCounts, 0)),
      total: over(all),
      groups: shown.map((each) => ({ group: each.group, ...over([each]) })),
      others: beyond.length === 0 ? undefined : over(beyond),
      groupsLeftOut: beyond.length,
      isGroupOverflow: this.#others !== undefined,
      percentileError: this.#precision.relativeError,
    };
  }
}

/** By what groups are put in order: those with no result last. */
function rankOf(name: AggregateFunction, cells: readonly Cell[], unit: Unit | undefined): number {
  return resultsOf([name], cells, unit, 1)[0] ?? Number.NEGATIVE_INFINITY;
}

interface Cell {
  lines: number;
  /** By the unit that the values are written in, or that the field's name gives them. */
  readonly values: Partial<Record<Unit, Numbers>>;
}

interface Group {
  readonly group: AggregateRow['group'];
  readonly cells: Map<number, Cell>;
}

class Numbers {
  count = 0;
  sum = 0;
  /** What the sum has lost to rounding (Neumaier). */
  #lost = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  readonly quantiles: Quantiles | undefined;

  constructor(quantiles: Quantiles | undefined) {
    this.quantiles = quantiles;
  }

  get exactSum(): number {
    return this.sum + this.#lost;
  }

  add(value: number, count: number): void {
    this.count += count;
    const part = value * count;
    const next = this.sum + part;
    this.#lost += Math.abs(this.sum) >= Math.abs(part) ? this.sum - next + part : part - next + this.sum;
    this.sum = next;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    this.quantiles?.add(value, count);
  }
}

/** Reads a value in the unit that is wanted, or, where none is, in its own. */
function valueReader({ field, unit }: AggregateRequest) {
  if (field === undefined) return () => undefined;
  const wanted = unit ?? unitOfName(field)?.unit;
  if (wanted === undefined) return readQuantity;
  const read = quantityReader(field, wanted);
  return (text: string) => {
    const value = read(text);
    return value === undefined ? undefined : { value, unit: wanted };
  };
}

/** The unit that most values are written in. */
function mostly(cells: readonly Cell[]): Unit {
  const count = (unit: Unit) => sum(cells, (cell) => cell.values[unit]?.count ?? 0);
  const units = ['number', 'duration', 'size'] as const;
  return units.reduce((best, unit) => (count(unit) > count(best) ? unit : best));
}

/** The values of a cell that are of a unit: a bare number is so many bytes too. */
function numbersOf({ values }: Cell, unit: Unit | undefined): readonly Numbers[] {
  if (unit === undefined) return [];
  const units: readonly Unit[] = unit === 'size' ? ['size', 'number'] : [unit];
  return units.flatMap((each) => values[each] ?? []);
}

function resultsOf(
  functions: readonly AggregateFunction[],
  cells: readonly Cell[],
  unit: Unit | undefined,
  seconds: number,
): Results {
  const numbers = cells.flatMap((cell) => numbersOf(cell, unit));
  const lines = sum(cells, (cell) => cell.lines);
  const count = numbers.reduce(addCounts, 0);
  const total = sum(numbers, (each) => each.exactSum);
  const percents = functions.flatMap((name) => percentOf(name) ?? []);
  const quantiles = percents.length === 0 ? [] : quantilesOf(numbers, percents);
  return functions.map((name) => {
    switch (name) {
      case 'count':
        return lines;
      case 'rate':
        return seconds > 0 ? lines / seconds : null;
      case 'sum':
        return count === 0 ? null : total;
      case 'avg':
        return count === 0 ? null : total / count;
      case 'min':
        return count === 0
          ? null
          : numbers.reduce((least, each) => Math.min(least, each.min), Number.POSITIVE_INFINITY);
      case 'max':
        return count === 0 ? null : numbers.reduce((most, each) => Math.max(most, each.max), Number.NEGATIVE_INFINITY);
      default:
        return quantiles.shift() ?? null;
    }
  });
}

function quantilesOf(numbers: readonly Numbers[], percents: readonly number[]): (number | null)[] {
  return Quantiles.of(
    numbers.flatMap((each) => each.quantiles ?? []),
    percents,
  );
}

function addCounts(total: number, { count }: Numbers): number {
  return total + count;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** Among equals the order is that of their texts, lines without one last, so that the same question has the same answer. */
function compareGroups(a: AggregateRow['group'], b: AggregateRow['group']): number {
  for (const [index, one] of a.entries()) {
    const other = b[index] ?? null;
    if (one === other) continue;
    if (one === null) return 1;
    if (other === null) return -1;
    return one < other ? -1 : 1;
  }
  return 0;
}
