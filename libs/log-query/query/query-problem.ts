/** What is wrong with a query, and where. */
export interface QueryProblem {
  /** UTF-16 units before it. */
  readonly at: number;
  /** What is wrong and what would be right, for people; begins in lower case. */
  readonly message: string;
}

/** A problem as one sentence, with its place counted from 1. */
export function queryProblemText({ at, message }: QueryProblem): string {
  return `character ${at + 1}: ${message}`;
}

/** Thrown within the reading of a query: it ends there. */
export class QueryFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}
