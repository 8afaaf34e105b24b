import { badQuery } from '../azure-error.ts';
import type { Column, KqlValue } from './value.ts';

/** A row on its way through a pipeline: one value for each column of the scope, and the times functions ask for. */
export interface Row {
  readonly values: readonly KqlValue[];
  readonly ingestionTime: bigint;
}

/** What names mean at one place of a pipeline. */
export interface Scope {
  readonly columns: readonly Column[];
  /** `ingestion_time()` has a meaning only as long as the rows are those of the table. */
  readonly atTable: boolean;
  readonly now: bigint;
}

/** The column's place. Throws Azure's semantic error for a name that is not there. */
export function columnIndex(scope: Scope, name: string): number {
  const index = scope.columns.findIndex((column) => column.name === name);
  if (index < 0) {
    throw badQuery(
      'SemanticError',
      `A semantic error occurred. Failed to resolve column or scalar expression named '${name}'`,
    );
  }
  return index;
}
