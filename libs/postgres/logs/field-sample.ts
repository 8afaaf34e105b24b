import { lineTexts } from '@tailrace/log-query/query/field-text.ts';
import { quoted } from '@tailrace/log-query/query/name-connections.ts';
import { readQuantity, type Unit } from '@tailrace/log-query/query/quantity.ts';
import { type Field, type LineField, lineFields, serviceNames } from '@tailrace/log-query/query/tree.ts';
import { levelOf } from '@tailrace/log-record/level.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { type LogScanOptions, scanLogs } from './log-scan.ts';

export type FieldSampleOptions = Omit<LogScanOptions, 'direction' | 'start'> & {
  /** Lines that are looked at, the newest that match. */
  readonly maxLines: number;
  /** Fields at most, those of every line and then those that most lines have. */
  readonly maxFields: number;
  /** Values of each at most, the most frequent. */
  readonly maxValues: number;
  /** The one field that is wanted; all when left out. */
  readonly field?: Field | undefined;
  /** What values begin with; any when left out. */
  readonly prefix?: string | undefined;
};

export interface SampledField {
  /** As `fieldNamed` reads it: an attribute with the name of a field of every line stands in quotes. */
  readonly name: string;
  /** What most of its values are. */
  readonly kind: 'text' | Unit;
  /** Lines that have it. */
  readonly lines: number;
  /** Different values; those that are not distinguished any more are not counted. */
  readonly distinct: number;
  readonly values: readonly { readonly value: string; readonly lines: number }[];
}

export interface FieldSample {
  /** Lines that were looked at. */
  readonly lines: number;
  /** Whether these are all lines that match in the range. */
  readonly isWhole: boolean;
  /** Event time since when all matching lines were looked at, microseconds. */
  readonly since: number;
  readonly fields: readonly SampledField[];
  readonly fieldsLeftOut: number;
}

/** Names distinguished, and different values of each. */
const mostNames = 1000;
const mostValues = 2000;
/** Characters of all different values together. */
const mostCharacters = 4_000_000;
/** Longer values are of no use to choose from: their lines are counted, their texts not kept. */
const longestValue = 256;

/**
 * Which fields the newest matching lines have, with their most frequent values. What it reads and holds is bounded.
 * @throws TailraceError `log_search.too_slow`, `postgres.unavailable`
 */
export async function sampleFields(options: FieldSampleOptions): Promise<FieldSample> {
  const { from, to, maxLines } = options;
  const found = new Fields(options);
  let [lines, since, isWhole] = [0, to, false];
  for await (const { records, position, isLast } of scanLogs({ ...options, direction: 'older' })) {
    const wanted = records.slice(0, maxLines - lines);
    for (const record of wanted) found.see(record);
    lines += wanted.length;
    isWhole = isLast && wanted.length === records.length;
    since = wanted.length < records.length ? (wanted.at(-1)?.timestamp ?? since) : isLast ? from : position.timestamp;
    if (lines >= maxLines) break;
  }
  return { lines, isWhole, since, ...found.result(options) };
}

interface Seen {
  lines: number;
  readonly values: Map<string, number>;
  readonly kinds: Partial<Record<'text' | Unit, number>>;
}

class Fields {
  readonly #only: string | undefined;
  readonly #prefix: string;
  readonly #seen = new Map<string, Seen>();
  #characters = 0;

  constructor({ field, prefix = '' }: FieldSampleOptions) {
    this.#only = field && (field.kind === 'line' ? field.name : attributeName(field.name));
    this.#prefix = prefix;
  }

  see(record: LogRecord): void {
    this.#add('level', levelOf(record.severity_number) ?? 'unset');
    for (const [name, read] of columns) this.#add(name, read(record) ?? '');
    this.#add('service', ...textsOf(record, serviceNames).slice(0, 1));
    this.#add('flags', ...record.flags);
    for (const key of new Set([...Object.keys(record.attributes), ...Object.keys(record.resource)])) {
      this.#add(attributeName(key), ...textsOf(record, [key]));
    }
  }

  #add(name: string, ...given: readonly string[]): void {
    if (this.#only !== undefined && this.#only !== name) return;
    const texts = given.filter((text) => text.startsWith(this.#prefix));
    if (texts.length === 0) return;
    // What a line has of every line's fields is nothing where it is empty.
    if (isLineField(name) && texts.every((text) => text === '')) return;
    let seen = this.#seen.get(name);
    if (seen === undefined) {
      if (this.#seen.size >= mostNames) return;
      seen = { lines: 0, values: new Map(), kinds: {} };
      this.#seen.set(name, seen);
    }
    seen.lines += 1;
    for (const text of new Set(texts)) {
      const kind = readQuantity(text)?.unit ?? 'text';
      seen.kinds[kind] = (seen.kinds[kind] ?? 0) + 1;
      const count = seen.values.get(text);
      if (count === undefined) {
        if (text.length > longestValue || seen.values.size >= mostValues) continue;
        if (this.#characters + text.length > mostCharacters) continue;
        this.#characters += text.length;
      }
      seen.values.set(text, (count ?? 0) + 1);
    }
  }

  result({ maxFields, maxValues }: FieldSampleOptions): Pick<FieldSample, 'fields' | 'fieldsLeftOut'> {
    const ordered = [...this.#seen].sort(
      ([a, one], [b, other]) => placeOf(a) - placeOf(b) || other.lines - one.lines || (a < b ? -1 : 1),
    );
    const fields = ordered.slice(0, maxFields).map(([name, { lines, values, kinds }]) => ({
      name,
      kind: mostOf(kinds),
      lines,
      distinct: values.size,
      values: [...values]
        .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
        .slice(0, maxValues)
        .map(([value, count]) => ({ value, lines: count })),
    }));
    return { fields, fieldsLeftOut: ordered.length - fields.length };
  }
}

const columns = (['connection', 'provider', 'stream', 'parser', 'trace', 'span'] as const).map(
  (name) => [name, lineTexts[name]] as const,
);

function isLineField(name: string): name is LineField {
  return lineFields.some((each) => each === name);
}

/** Fields of every line come first, in their own order. */
function placeOf(name: string): number {
  return isLineField(name) ? lineFields.indexOf(name) : lineFields.length;
}

/** A line may have a name twice, among its attributes and its resource's: either can be found. */
function textsOf({ attributes, resource }: LogRecord, names: readonly string[]): string[] {
  return names.flatMap((name) =>
    [attributes, resource].flatMap((values) => (Object.hasOwn(values, name) ? [values[name] ?? ''] : [])),
  );
}

function attributeName(name: string): string {
  return isLineField(name) || name.startsWith('"') ? quoted(name) : name;
}

function mostOf(kinds: Seen['kinds']): SampledField['kind'] {
  const order = ['text', 'number', 'duration', 'size'] as const;
  return order.reduce((best, kind) => ((kinds[kind] ?? 0) > (kinds[best] ?? 0) ? kind : best));
}
