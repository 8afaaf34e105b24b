import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import type { FieldSample } from '@tailrace/postgres/logs/field-sample.ts';
import { z } from 'zod';
import type { TimeRange } from './time-range.ts';

const sampled = {
  from: z.string(),
  to: z.string(),
  lines: z.int().describe('Lines that were looked at, the newest that match; all counts are of these.'),
  complete: z.boolean().describe('Whether these are all lines that match. False: a sample.'),
  counted_from: z.string().describe('The time since when all lines that match were looked at.'),
};
const values = z.array(z.object({ value: z.string(), lines: z.int() })).describe('The most frequent first.');
const kind = z.enum(['text', 'number', 'duration', 'size']).describe('What most of its values are.');

export const fieldsView = z.object({
  ...sampled,
  fields: z
    .array(
      z.object({
        name: z.string().describe('In quotes for an attribute with the name of a field that every line has.'),
        kind,
        lines: z.int().describe('How many have it.'),
        distinct: z.int().describe('Different values, as far as they were distinguished.'),
        values,
      }),
    )
    .describe('Those that every line has, then attributes by the number of lines that have them.'),
  fields_left_out: z.int(),
});

export const fieldValuesView = z.object({
  ...sampled,
  field: z.string(),
  kind,
  lines_with_field: z.int(),
  distinct: z.int().describe('Different values, as far as they were distinguished.'),
  values,
});

export function toFieldsView(range: TimeRange, found: FieldSample): z.output<typeof fieldsView> {
  return {
    ...sampleView(range, found),
    fields: found.fields.map((field) => ({ ...field, values: [...field.values] })),
    fields_left_out: found.fieldsLeftOut,
  };
}

export function toFieldValuesView(
  range: TimeRange,
  name: string,
  found: FieldSample,
): z.output<typeof fieldValuesView> {
  const field = found.fields[0] ?? { kind: 'text', lines: 0, distinct: 0, values: [] };
  return {
    ...sampleView(range, found),
    field: name,
    kind: field.kind,
    lines_with_field: field.lines,
    distinct: field.distinct,
    values: [...field.values],
  };
}

function sampleView({ from, to }: TimeRange, { lines, isWhole, since }: FieldSample) {
  return { from: isoNanos(from), to: isoNanos(to), lines, complete: isWhole, counted_from: isoNanos(since) };
}
