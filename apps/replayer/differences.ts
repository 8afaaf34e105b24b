import { cutToLength } from '@tailrace/log-record/cut-text.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { ReplayDifferences } from '@tailrace/schemas/generated/replay-differences.ts';
import type { ReplayExample } from '@tailrace/schemas/generated/replay-example.ts';

/** Examples that are kept, and how much of a value each shows. */
const maxExamples = 20;
const maxShown = 500;
/** Fields that an example shows: with all of its examples, a progress must stay far below what a record may hold. */
const maxShownFields = 20;
/** Attributes are named by the programs that log: beyond this many names the rest is counted together. */
const maxFields = 200;
const otherFields = 'other';

const noDifferences: ReplayDifferences = {
  unchanged: 0,
  changed: 0,
  missing: 0,
  applicable: 0,
  kinds: {},
  fields: {},
  examples: [],
};

/**
 * What a record could say otherwise. Where it stands, when it was read (a rewound source's is read twice), which code made
 * it and for which replay is no difference.
 */
const plainFields = [
  'severity_number',
  'severity_text',
  'body',
  'trace_id',
  'span_id',
  'stream',
  'parser',
  'truncated_from',
  'timestamp_nanos',
  'observed_timestamp',
] as const satisfies readonly (keyof LogRecord)[];

interface FieldDifference {
  readonly field: string;
  readonly kind: string;
  readonly old: string | undefined;
  readonly new: string | undefined;
}

/** Adds up how records differ from the rows that stand; its memory is bounded whatever there is to compare. */
export class DifferenceCount {
  readonly #kinds: Map<string, number>;
  readonly #fields: Map<string, number>;
  readonly #examples: ReplayExample[];
  #unchanged: number;
  #changed: number;
  #missing: number;
  #applicable: number;

  constructor(sofar: ReplayDifferences | null) {
    const { unchanged, changed, missing, applicable, kinds, fields, examples } = sofar ?? noDifferences;
    this.#kinds = new Map(Object.entries(kinds));
    this.#fields = new Map(Object.entries(fields));
    this.#examples = [...examples];
    this.#unchanged = unchanged;
    this.#changed = changed;
    this.#missing = missing;
    this.#applicable = applicable;
  }

  /** @param row what stands under the record's key; undefined when nothing does. */
  add(record: LogRecord, row: LogRecord | undefined): void {
    if (row === undefined || record.normaliser_version > row.normaliser_version) this.#applicable += 1;
    if (row === undefined) {
      this.#missing += 1;
      count(this.#kinds, 'missing');
      this.#example(record, ['missing'], shownFields(record));
      return;
    }
    const found = differencesOf(row, record);
    if (found.length === 0) {
      this.#unchanged += 1;
      return;
    }
    this.#changed += 1;
    const kinds = [...new Set(found.map(({ kind }) => kind))];
    for (const kind of kinds) count(this.#kinds, kind);
    for (const { field } of found) {
      count(this.#fields, this.#fields.has(field) || this.#fields.size < maxFields ? field : otherFields);
    }
    this.#example(record, kinds, found);
  }

  get sum(): ReplayDifferences {
    return {
      unchanged: this.#unchanged,
      changed: this.#changed,
      missing: this.#missing,
      applicable: this.#applicable,
      kinds: Object.fromEntries(this.#kinds),
      fields: Object.fromEntries(this.#fields),
      examples: [...this.#examples],
    };
  }

  #example(record: LogRecord, kinds: readonly string[], fields: readonly FieldDifference[]): void {
    if (this.#examples.length < maxExamples) this.#examples.push(exampleOf(record, kinds, fields));
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Each field in which two records of one event differ. */
function differencesOf(old: LogRecord, now: LogRecord): readonly FieldDifference[] {
  const found: FieldDifference[] = [];
  for (const field of plainFields) {
    if (old[field] === now[field]) continue;
    found.push({ field, kind: `${kindOf(field)}_changed`, old: textOf(old[field]), new: textOf(now[field]) });
  }
  if (old.flags.join() !== now.flags.join()) {
    found.push({ field: 'flags', kind: 'flags_changed', old: old.flags.join(), new: now.flags.join() });
  }
  for (const part of ['resource', 'attributes'] as const) {
    for (const key of new Set([...Object.keys(old[part]), ...Object.keys(now[part])])) {
      const [before, after] = [old[part][key], now[part][key]];
      if (before === after) continue;
      const how = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
      const name = part === 'attributes' ? 'attribute' : part;
      found.push({ field: `${part}.${key}`, kind: `${name}_${how}`, old: before, new: after });
    }
  }
  return found;
}

function kindOf(field: (typeof plainFields)[number]): string {
  if (field.startsWith('severity')) return 'severity';
  if (field.endsWith('timestamp') || field === 'timestamp_nanos') return 'time';
  return field.startsWith('trace') || field.startsWith('span') ? 'trace' : field;
}

function textOf(value: string | number | null): string | undefined {
  return value === null ? undefined : String(value);
}

function shownFields(record: LogRecord): readonly FieldDifference[] {
  const { severity_text, body, parser } = record;
  return Object.entries({ severity_text, body, parser }).map(([field, text]) => ({
    field,
    kind: 'missing',
    old: undefined,
    new: text,
  }));
}

function exampleOf(record: LogRecord, kinds: readonly string[], fields: readonly FieldDifference[]): ReplayExample {
  const side = (which: 'old' | 'new') =>
    Object.fromEntries(
      fields.slice(0, maxShownFields).flatMap((each) => {
        const value = each[which];
        return value === undefined ? [] : [[each.field, cutToLength(value, maxShown)]];
      }),
    );
  return {
    record_id: record.id,
    timestamp: record.timestamp,
    connection_id: record.connection_id,
    kinds,
    old: side('old'),
    new: side('new'),
  };
}
