import { levelOf } from '@tailrace/log-record/level.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { type Field, type LineField, lineFields, serviceNames } from './tree.ts';

/** What a line has under names of its own. */
export const lineTexts: Readonly<
  Record<Exclude<LineField, 'level' | 'service' | 'flags'>, (record: LogRecord) => string | null>
> = {
  connection: (record) => record.connection_id,
  provider: (record) => record.provider,
  stream: (record) => record.stream,
  trace: (record) => record.trace_id,
  span: (record) => record.span_id,
  parser: (record) => record.parser,
  body: (record) => record.body,
};

/** Of a field's name, characters. */
export const maxFieldName = 256;

/**
 * The field that a name means where nothing else is written beside it: a name in quotes is always an attribute's, and any
 * other text that is no field of every line is one too.
 */
export function fieldNamed(text: string): Field {
  const inQuotes = /^"((?:[^"\\]|\\["\\])*)"$/s.exec(text)?.[1];
  if (inQuotes !== undefined) return { kind: 'attribute', name: inQuotes.replaceAll(/\\(["\\])/g, '$1') };
  const line = lineFields.find((each) => each === text);
  return line === undefined ? { kind: 'attribute', name: text } : { kind: 'line', name: line };
}

/** A field that has one short text in a line: what lines can be grouped by. */
export type GroupField =
  | AttributeField
  | {
      readonly kind: 'line';
      readonly name: Exclude<LineField, 'body' | 'flags' | 'service'>;
    };

/** A field whose text is an attribute's, or a resource attribute's. */
type AttributeField = Extract<Field, { kind: 'attribute' }> | { readonly kind: 'line'; readonly name: 'service' };

/** The names of attributes that a field stands for, in the order in which they are looked for. */
export function attributeNames(field: AttributeField): readonly string[] {
  return field.kind === 'attribute' ? [field.name] : serviceNames;
}

/**
 * The text that a line has in a field, null for a line without one: of a name, the attribute before the resource
 * attribute. A level is its name, `unset` where there is none.
 */
export function textOf(field: GroupField): (record: LogRecord) => string | null {
  if (field.kind === 'attribute' || field.name === 'service') {
    const names = attributeNames(field);
    return ({ attributes, resource }) => {
      for (const name of names) {
        const text = own(attributes, name) ?? own(resource, name);
        if (text !== null) return text;
      }
      return null;
    };
  }
  if (field.name === 'level') return ({ severity_number: severity }) => levelOf(severity) ?? 'unset';
  const read = lineTexts[field.name];
  return (record) => read(record) || null;
}

function own(values: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}
