import { quoted, valueText } from '@tailrace/log-query/query/name-connections.ts';
import { parseQuery } from '@tailrace/log-query/query/parse-query.ts';
import { type Field, lineFields, type QueryNode } from '@tailrace/log-query/query/tree.ts';

/** A value of a field that is wanted, or left out. */
export interface QueryPart {
  readonly field: Field;
  readonly value: string;
  readonly negative: boolean;
}

/** One of the tests that a query joins by AND, as it was written. */
interface Conjunct {
  readonly text: string;
  /** The values that it lets pass, or leaves out; undefined for any other test. */
  readonly values?: { readonly field: Field; readonly wanted: readonly string[]; readonly negative: boolean };
}

const plainName = /^[A-Za-z_@][\w.\-/@]*$/;

export function attributeField(name: string): Field {
  return { kind: 'attribute', name };
}

export function lineField(name: (typeof lineFields)[number]): Field {
  return { kind: 'line', name };
}

/** The name of a field as it is written before its colon. */
export function fieldText({ kind, name }: Field): string {
  const isReserved = lineFields.some((each) => each === name);
  return kind === 'line' || (plainName.test(name) && !isReserved) ? name : quoted(name);
}

/** A text as it is written alone. */
export function wordText(text: string): string {
  return /^[\p{L}\p{N}_.,;]+$/u.test(text) && !/^(?:AND|OR|NOT)$/.test(text) ? text : quoted(text);
}

/** Any of the values of a field: `field:value` or `field:(one OR other)`. */
export function valuesText(field: Field, values: readonly string[], negative = false): string {
  const written = values.map(valueText).join(' OR ');
  return `${negative ? '-' : ''}${fieldText(field)}:${values.length === 1 ? written : `(${written})`}`;
}

/** The query with one more part, its opposite taken out. A field of every line has one value; of an attribute, any will do. */
export function withPart(query: string, { field, value, negative }: QueryPart): string {
  const parts = conjunctsOf(query);
  if (parts === undefined) return `${query} ${valuesText(field, [value], negative)}`.trim();
  const without = (values: readonly string[]) => values.filter((each) => each !== value);
  const others = without(wantedIn(parts, field, false));
  const isSingle = field.kind === 'line' && field.name !== 'connection';
  const wanted = negative ? others : [...(isSingle ? [] : others), value];
  const leftOut = [...without(wantedIn(parts, field, true)), ...(negative ? [value] : [])];
  const rest = parts.filter(({ values }) => values === undefined || !isSame(values.field, field));
  return [
    ...rest.map(({ text }) => text),
    ...(wanted.length === 0 ? [] : [valuesText(field, wanted)]),
    ...(leftOut.length === 0 ? [] : [valuesText(field, leftOut, true)]),
  ].join(' ');
}

/** The values of the field that these let pass, or leave out. */
function wantedIn(parts: readonly Conjunct[], field: Field, negative: boolean): readonly string[] {
  return parts.flatMap(({ values }) =>
    values !== undefined && values.negative === negative && isSame(values.field, field) ? values.wanted : [],
  );
}

/** The values of a field that the query lets pass; none where it does not ask, or asks otherwise. */
export function valuesOf(query: string, field: Field): readonly string[] {
  const wanted = wantedIn(conjunctsOf(query) ?? [], field, false);
  return [...new Set(wanted)];
}

/** The query letting pass just these values of a field, or all of them when there are none. */
export function withValues(query: string, field: Field, values: readonly string[]): string {
  const asked = values.length === 0 ? [] : [valuesText(field, values)];
  const parts = conjunctsOf(query);
  if (parts === undefined) return [query, ...asked].join(' ').trim();
  const rest = parts.filter(
    (each) => each.values === undefined || each.values.negative || !isSame(each.values.field, field),
  );
  return [...rest.map(({ text }) => text), ...asked].join(' ');
}

/** Whether the query asks for this level exactly, or leaves exactly it out. */
export function hasExactLevel(query: string, level: string, negative: boolean): boolean {
  return (conjunctsOf(query) ?? []).some(({ text }) => text === exactLevel(level, negative));
}

/** The query asking for exactly this level, or leaving exactly it out; without that where it does so already. */
export function withExactLevel(query: string, level: string, negative: boolean): string {
  const parts = conjunctsOf(query);
  const wanted = exactLevel(level, negative);
  if (parts === undefined) return `${query} ${wanted}`.trim();
  const texts = parts.map(({ text }) => text);
  if (texts.includes(wanted)) return texts.filter((text) => text !== wanted).join(' ');
  const isOther = (text: string) => !(negative ? text === exactLevel(level, false) : /^-?level[:=<>]/.test(text));
  return [...texts.filter(isOther), wanted].join(' ');
}

function exactLevel(level: string, negative: boolean): string {
  return `${negative ? '-' : ''}level${level === 'unset' ? ':' : '='}${level}`;
}

/** The fields of which the query wants values, or leaves some out. */
export function fieldsAsked(query: string): readonly Field[] {
  return (conjunctsOf(query) ?? []).flatMap(({ values }) => values?.field ?? []);
}

/** The values of a field that the query leaves out. */
export function leftOutOf(query: string, field: Field): readonly string[] {
  return [...new Set(wantedIn(conjunctsOf(query) ?? [], field, true))];
}

function isSame(a: Field, b: Field): boolean {
  return a.kind === b.kind && a.name === b.name;
}

/** Undefined for a query that cannot be read. */
function conjunctsOf(query: string): readonly Conjunct[] | undefined {
  // The server looks at the expressions.
  const reading = parseQuery(query, () => undefined);
  if ('problem' in reading) return undefined;
  const { tree } = reading;
  if (tree === undefined) return [];
  if (tree.kind === 'or' && !tree.isGrouped && valuesIn(tree) === undefined) return [{ text: `(${query.trim()})` }];
  const nodes = tree.kind === 'and' && !tree.isGrouped ? tree.of : [tree];
  return nodes.map((node) => {
    const text = query.slice(node.span.start, node.span.end);
    const values = valuesIn(node);
    return values === undefined ? { text } : { text, values };
  });
}

function valuesIn(node: QueryNode, negative = false): Conjunct['values'] {
  if (node.kind === 'not') return negative ? undefined : valuesIn(node.of, true);
  if (node.kind === 'test') {
    const { field, test } = node;
    if (test.kind === 'level' && test.comparison === '>=') return { field, wanted: [test.level], negative };
    return test.kind === 'equals' ? { field, wanted: [test.text], negative } : undefined;
  }
  if (node.kind === 'and') return undefined;
  const each = node.of.map((one) => (one.kind === 'test' ? valuesIn(one, negative) : undefined));
  const [first] = each;
  if (first === undefined || first.field.name === 'level') return undefined;
  if (!each.every((values) => values !== undefined && isSame(values.field, first.field))) return undefined;
  return { field: first.field, wanted: each.flatMap((values) => values?.wanted ?? []), negative };
}
