import type { Row } from './kql/scope.ts';
import { asCell, type Column } from './kql/value.ts';

/** How much one answer holds. Source: Azure Monitor service limits, "Log queries". */
export interface ResultLimits {
  readonly rows: number;
  readonly bytes: number;
}

interface Answer {
  readonly body: string;
  readonly partial: boolean;
}

/** The API's answer to a query. One that is over a limit, or made so by a fault, is partial: 200, rows, and an error. */
export function queryAnswer(
  table: { readonly columns: readonly Column[]; readonly rows: Iterable<Row> },
  limits: ResultLimits,
  faults: { readonly rows?: number | 'half' | undefined; readonly duplicate?: boolean } = {},
): Answer {
  const { columns } = table;
  const rows: unknown[][] = [];
  let bytes = 0;
  let problem: string | undefined;
  for (const row of table.rows) {
    const cells = row.values.map((value, index) => asCell(value, columns[index]!.type));
    bytes += JSON.stringify(cells).length;
    if (rows.length >= limits.rows)
      problem = `The results of this query exceed the set limit of ${limits.rows} records.`;
    if (bytes > limits.bytes) problem = `The results of this query exceed the set limit of ${limits.bytes} bytes.`;
    if (problem !== undefined) break;
    rows.push(cells);
  }
  const last = rows.at(-1);
  if (faults.duplicate === true && last !== undefined) rows.push(last);
  if (faults.rows !== undefined) {
    problem ??= 'Something went wrong processing your query on the server.';
    rows.length = Math.min(rows.length, faults.rows === 'half' ? rows.length >> 1 : faults.rows);
  }
  const tables = [{ name: 'PrimaryResult', columns: columns.map(({ name, type }) => ({ name, type })), rows }];
  const error = problem === undefined ? {} : { error: partialError(problem) };
  return { body: JSON.stringify({ tables, ...error }), partial: problem !== undefined };
}

function partialError(message: string): object {
  return {
    code: 'PartialError',
    message: 'There were some errors when processing your query.',
    details: [{ code: 'EngineError', message }],
  };
}
