import { type Level, levels } from '@tailrace/log-record/level.ts';
import { readQuantity } from './quantity.ts';
import { QueryFault } from './query-problem.ts';
import type { Comparison, Field, LineField, ValueTest } from './tree.ts';

/** What a free word or text is looked for in. */
export const body: Field = { kind: 'line', name: 'body' };
export const levelHelp = `is one of ${levels.join(', ')}, and means that level and above; level=warn means exactly it, level:unset lines without one`;

/** Whether an operator compares. */
export function isComparison(text: string): text is Comparison {
  return text === '=' || text === '>' || text === '>=' || text === '<' || text === '<=';
}

/** A value is missing after what was written. */
export function nothing(at: number, written: string): QueryFault {
  return new QueryFault(
    at,
    `nothing follows ${written}; for lines that have the field at all write *, for the text itself use quotes`,
  );
}

/** Text within the field. @throws QueryFault when it is empty. */
export function contains(text: string, at: number): ValueTest {
  if (text === '') throw new QueryFault(at, 'there is no text in these quotes');
  return { kind: 'contains', text };
}

/** A free word. */
export function wordTest(parts: readonly string[], at: number): ValueTest {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return contains(only, at);
  if (parts.every((part) => part === '')) return { kind: 'exists' };
  return { kind: 'wildcard', parts: ['', ...parts, ''], ignoreCase: true };
}

/** A value that stands in quotes. */
export function textTest(field: Field, { text, at }: { readonly text: string; readonly at: number }): ValueTest {
  if (field.kind === 'attribute') return { kind: 'equals', text };
  return lineTest(field.name, text, at);
}

/** A value without quotes, in which stars stand for anything. */
export function partsTest(field: Field, parts: readonly string[], at: number): ValueTest {
  const [only = ''] = parts;
  if (parts.length === 1) return textTest(field, { text: only, at });
  if (parts.every((part) => part === '')) return { kind: 'exists' };
  if (field.kind === 'line' && field.name === 'level') throw new QueryFault(at, `level ${levelHelp}`);
  if (field.kind === 'line' && field.name === 'body') return wordTest(parts, at);
  const folds = field.kind === 'line' && (field.name === 'trace' || field.name === 'span');
  return { kind: 'wildcard', parts: folds ? parts.map((part) => part.toLowerCase()) : parts, ignoreCase: false };
}

const hexDigits: Partial<Readonly<Record<LineField, number>>> = { trace: 32, span: 16 };

function lineTest(name: LineField, text: string, at: number): ValueTest {
  if (name === 'body') return contains(text, at);
  if (name === 'level') return levelTest('>=', text, at);
  const digits = hexDigits[name];
  if (digits === undefined) return { kind: 'equals', text };
  if (text.length !== digits || !/^[0-9a-f]*$/i.test(text)) {
    throw new QueryFault(at, `${name} is ${digits} hexadecimal digits, or their beginning and a star: ${name}:4bf9*`);
  }
  return { kind: 'equals', text: text.toLowerCase() };
}

function levelTest(comparison: Comparison, text: string, at: number): ValueTest {
  const name = text.toLowerCase();
  if (name === 'unset' && (comparison === '>=' || comparison === '=')) return { kind: 'equals', text: 'unset' };
  const level = levels.find((each) => each === (name === 'warning' ? 'warn' : name)) as Level | undefined;
  if (level === undefined) throw new QueryFault(at, `level ${levelHelp}`);
  return { kind: 'level', comparison, level };
}

/** A value that is compared. @throws QueryFault when the field does not take such a value. */
export function comparisonTest(
  field: Field,
  comparison: Comparison,
  { text, at, isQuoted }: { readonly text: string; readonly at: number; readonly isQuoted: boolean },
): ValueTest {
  if (field.kind === 'line') {
    if (field.name === 'level') return levelTest(comparison, text, at);
    if (comparison !== '=') throw new QueryFault(at, `${field.name} is no number: write ${field.name}:value`);
    return field.name === 'body' ? { kind: 'equals', text } : lineTest(field.name, text, at);
  }
  const quantity = isQuoted ? undefined : readQuantity(text);
  if (quantity !== undefined) return { kind: 'quantity', comparison, quantity, text };
  if (comparison === '=') return { kind: 'equals', text };
  throw new QueryFault(at, 'this is no number, duration or size: write one such as 500, 1.5s or 10KB');
}
