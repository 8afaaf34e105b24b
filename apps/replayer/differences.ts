import { cutToLength } from '@tailrace/log-record/cut-text.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { ReplayDifferences } from '@tailrace/schemas/generated/replay-differences.ts';
import type { ReplayExample } from '@tailrace/schemas/generated/replay-example.ts';

/** Examples that are kept, and how much of a value each shows. */
const maxExamples = 20;
const maxShown = 500;
/** Attributes are named by whoever logs: beyond this many names the rest is counted together. */
const maxFields = 200;
const otherFields = 'other';

export const noDifferences: ReplayDifferences = {
  unchanged: 0,
  changed: 0,
  missing: 0,
  applicable: 0,
  kinds: {},
  fields: {},
  examples: [],
};

/** What a record could say otherwise. Where it stands, which code made it and for which replay is no difference. */
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
  'ingest_timestamp',
] as const satisfies readonly (keyof LogRecord)[];

interface FieldDifference {
  readonly field: string;
  readonly kind: string;
  readonly old: string | undefined;
  readonly new: string | undefined;
}

/** Adds up how records differ from the rows that stand; its memory is bounded whatever there is to compare. */
export class DifferenceCount {
  #sum: ReplayDifferences;

  constructor(sofar: ReplayDifferences | null) {
    this.#sum = sofar ?? noDifferences;
  }

  /** @param row what stands under the record's key; undefined when nothing does. */
  add(record: LogRecord, row: LogRecord | undefined): void {
    const sum = this.#sum;
    if (row === undefined) {
      this.#sum = {
        ...sum,
        missing: sum.missing + 1,
        applicable: sum.applicable + 1,
        kinds: counted(sum.kinds, ['missing']),
        examples: withExample(sum.examples, () => exampleOf(record, ['missing'], shownFields(record))),
      };
      return;
    }
    const applicable = sum.applicable + (record.normaliser_version > row.normaliser_version ? 1 : 0);
    const found = differencesOf(row, record);
    if (found.length === 0) {
      this.#sum = { ...sum, unchanged: sum.unchanged + 1, applicable };
      return;
    }
    const kinds = [...new Set(found.map(({ kind }) => kind))];
    const fields = found.map(({ field }) => field);
    this.#sum = {
      ...sum,
      changed: sum.changed + 1,
      applicable,
      kinds: counted(sum.kinds, kinds),
      fields: counted(sum.fields, fields, maxFields),
      examples: withExample(sum.examples, () => exampleOf(record, kinds, found)),
    };
  }

  get sum(): ReplayDifferences {
    return this.#sum;
  }
}

/** Each field in which two records of one event differ. */
export function differencesOf(old: LogRecord, now: LogRecord): readonly FieldDifference[] {
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
      fields.flatMap((each) => {
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

function withExample(examples: readonly ReplayExample[], make: () => ReplayExample): readonly ReplayExample[] {
  return examples.length < maxExamples ? [...examples, make()] : examples;
}

function counted(
  counts: Readonly<Record<string, number>>,
  names: readonly string[],
  limit = Number.POSITIVE_INFINITY,
): Readonly<Record<string, number>> {
  const next: Record<string, number> = { ...counts };
  for (const name of names) {
    const key = name in next || Object.keys(next).length < limit ? name : otherFields;
    next[key] = (next[key] ?? 0) + 1;
  }
  return next;
}
