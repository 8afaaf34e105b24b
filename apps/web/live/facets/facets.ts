import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import { fieldNamed } from '@tailrace/log-query/query/field-text.ts';
import { type Field, lineFields, serviceNames } from '@tailrace/log-query/query/tree.ts';
import { levels } from '@tailrace/log-record/level.ts';
import {
  fieldsAsked,
  fieldText,
  hasExactLevel,
  leftOutOf,
  type QueryPart,
  valuesOf,
  withExactLevel,
  withPart,
  withValues,
} from '../query/query-parts.ts';

export type FieldSample = AnswerOf<'GET stream/{project_id}/fields'>;
export type SampledField = FieldSample['fields'][number];

const always: readonly string[] = ['level', 'service', 'connection'];
/** Fields of every line that are of use only where they have a few values, as attributes are. */
const sometimes: readonly string[] = ['provider', 'parser', 'flags'];
const mostAttributes = 8;
/** With more different values one does not choose among them. */
const mostValues = 50;
/** What fewer lines have is nothing to begin with. */
const leastShare = 0.02;

/**
 * The fields beside the list: level, service and connection, those that the query speaks of, and the attributes that cut
 * the lines best.
 */
export function facetsOf({ lines, fields }: FieldSample, query: string): readonly SampledField[] {
  const asked = fieldsAsked(query).flatMap((field) => (field.kind === 'attribute' ? fieldText(field) : []));
  const kept = [...new Set([...always, ...asked])];
  const first = kept.flatMap(
    (name) => fields.find((each) => isNamed(each, name)) ?? (asked.includes(name) ? none(name) : []),
  );
  const others = fields
    .filter((each) => !kept.some((name) => isNamed(each, name)) && !serviceNames.includes(each.name))
    .filter(({ name }) => sometimes.includes(name) || !lineFields.some((each) => each === name))
    .filter((each) => each.lines >= lines * leastShare && each.distinct <= mostValues)
    // Neither what is the same on all lines nor what is another on each cuts them.
    .filter((each) => (each.distinct > 1 || each.lines < lines) && each.distinct <= Math.max(2, each.lines / 2))
    .filter(({ values }) => values.length > 0)
    .sort((a, b) => b.lines - a.lines || a.distinct - b.distinct);
  return [...first, ...others.slice(0, mostAttributes)];
}

/** Whether a field of the sample is the one that a query writes so. */
function isNamed({ name }: SampledField, written: string): boolean {
  return fieldText(fieldNamed(name)) === written;
}

/** A field that no line has any more, with which its values would be gone. */
function none(written: string): SampledField {
  return { name: written, kind: 'text', lines: 0, distinct: 0, values: [] };
}

/** How the query stands to a value of a field. */
export function stateOf(query: string, field: Field, value: string): 'wanted' | 'left-out' | undefined {
  if (field.kind === 'line' && field.name === 'level') {
    if (hasExactLevel(query, value, false)) return 'wanted';
    return hasExactLevel(query, value, true) ? 'left-out' : undefined;
  }
  if (valuesOf(query, field).includes(value)) return 'wanted';
  return leftOutOf(query, field).includes(value) ? 'left-out' : undefined;
}

interface ShownValue {
  /** As a query has it: a connection by its name. */
  readonly text: string;
  /** 0 for a value that the query leaves out, or that no line has. */
  readonly lines: number;
}

/** The values of a facet: those of the sample, and those that the query speaks of, so that they can be taken back. */
export function valuesShown(query: string, { name, values }: SampledField, nameOf: NameOf): readonly ShownValue[] {
  const field = fieldNamed(name);
  const sampled = values.map(({ value, lines }) => ({ text: nameOf(name, value), lines }));
  const asked =
    name === 'level'
      ? [...levels, 'unset'].filter((level) => stateOf(query, field, level) !== undefined)
      : [...valuesOf(query, field), ...leftOutOf(query, field)];
  const missing = asked.filter((text) => sampled.every((each) => each.text !== text));
  return [...sampled, ...missing.map((text) => ({ text, lines: 0 }))];
}

/** What a value of the field is called, and written as. */
export type NameOf = (field: string, value: string) => string;

/** The query after a value was pressed: with that value alone or besides the others, without it, or as before. */
export function pressed(query: string, { field, value, negative }: QueryPart): string {
  if (field.kind === 'line' && field.name === 'level') return withExactLevel(query, value, negative);
  const state = stateOf(query, field, value);
  if (state === 'wanted' && !negative) {
    return withValues(
      query,
      field,
      valuesOf(query, field).filter((each) => each !== value),
    );
  }
  if (state === 'left-out' && negative) return withoutLeftOut(query, field, value);
  return withPart(query, { field, value, negative });
}

/** Asking for the value takes its opposite out; what it asked for then goes too. */
function withoutLeftOut(query: string, field: Field, value: string): string {
  const before = valuesOf(query, field);
  return withValues(withPart(query, { field, value, negative: false }), field, before);
}
