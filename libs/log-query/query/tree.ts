import type { Level } from '@tailrace/log-record/level.ts';
import type { Quantity } from './quantity.ts';

/** What every line has under a name of its own; any other name, and any name in quotes, is an attribute's. */
export const lineFields = [
  'level',
  'connection',
  'provider',
  'stream',
  'service',
  'trace',
  'span',
  'parser',
  'flags',
  'body',
] as const;
export type LineField = (typeof lineFields)[number];

/** The attributes that `service` stands for: OpenTelemetry's name, and what most programs write. */
export const serviceNames: readonly string[] = ['service.name', 'service'];

/** Whose value is tested. */
export type Field =
  | { readonly kind: 'line'; readonly name: LineField }
  /** An attribute, or a resource attribute, of this name. */
  | { readonly kind: 'attribute'; readonly name: string };

export const comparisons = ['=', '>', '>=', '<', '<='] as const;
export type Comparison = (typeof comparisons)[number];

/** What a value must be like. */
export type ValueTest =
  /** There is a value. */
  | { readonly kind: 'exists' }
  /** The value holds this text, in any case. */
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'equals'; readonly text: string }
  /** These parts follow each other, with anything between them; the first and the last stand at the ends. */
  | { readonly kind: 'wildcard'; readonly parts: readonly string[]; readonly ignoreCase: boolean }
  /** The RE2 expression finds something in the value. */
  | { readonly kind: 'regex'; readonly pattern: string }
  /** The value is a quantity of the same unit, in this relation to it. */
  | { readonly kind: 'quantity'; readonly comparison: Comparison; readonly quantity: Quantity; readonly text: string }
  | { readonly kind: 'level'; readonly comparison: Comparison; readonly level: Level };

/** The part of a query that a node was read from, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A query, taken apart. */
export type QueryNode =
  | {
      readonly kind: 'and' | 'or';
      readonly span: Span;
      /** Written in parentheses of its own. */
      readonly isGrouped: boolean;
      readonly of: readonly QueryNode[];
    }
  | { readonly kind: 'not'; readonly span: Span; readonly of: QueryNode }
  | { readonly kind: 'test'; readonly span: Span; readonly field: Field; readonly test: ValueTest };

/** Every test of a query, in the order they were written. */
export function* testsOf(node: QueryNode | undefined): Generator<Extract<QueryNode, { kind: 'test' }>> {
  if (node === undefined) return;
  if (node.kind === 'test') yield node;
  else if (node.kind === 'not') yield* testsOf(node.of);
  else for (const each of node.of) yield* testsOf(each);
}
