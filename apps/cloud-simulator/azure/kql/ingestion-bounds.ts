import type { Instant } from '../../instant.ts';
import type { Expression, Operator } from './syntax.ts';

export interface IngestionBounds {
  readonly from?: Instant;
  readonly to?: Instant;
}

/**
 * The ingestion times a pipeline can let through at most, both ends in: what its `where` steps say about
 * `ingestion_time()`, or a column that is its name, against datetime literals. It spares reading the whole table for
 * each poll; the steps themselves still decide on every row.
 */
export function ingestionBounds(operators: readonly Operator[]): IngestionBounds {
  const names = new Set<string>();
  let bounds: IngestionBounds = {};
  for (const operator of operators) {
    if (operator.kind === 'extend') {
      for (const { name, value } of operator.columns) {
        if (isIngestionTime(value, names)) names.add(name);
        else names.delete(name);
      }
    } else if (operator.kind === 'where') bounds = narrowed(bounds, operator.predicate, names);
    else return bounds;
  }
  return bounds;
}

function isIngestionTime(value: Expression, names: ReadonlySet<string>): boolean {
  return (
    (value.kind === 'call' && value.name === 'ingestion_time') || (value.kind === 'column' && names.has(value.name))
  );
}

function narrowed(bounds: IngestionBounds, predicate: Expression, names: ReadonlySet<string>): IngestionBounds {
  if (predicate.kind === 'and') return narrowed(narrowed(bounds, predicate.left, names), predicate.right, names);
  if (predicate.kind !== 'compare' || !isIngestionTime(predicate.left, names)) return bounds;
  const { operator, right } = predicate;
  if (right.kind !== 'literal' || typeof right.value !== 'bigint') return bounds;
  const { value } = right;
  const isLower = operator === '>' || operator === '>=';
  const isUpper = operator === '<' || operator === '<=';
  if (isLower && (bounds.from === undefined || value > bounds.from)) return { ...bounds, from: value };
  if (isUpper && (bounds.to === undefined || value < bounds.to)) return { ...bounds, to: value };
  return bounds;
}
