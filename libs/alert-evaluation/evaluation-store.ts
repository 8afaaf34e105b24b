import type { AlertState } from '@tailrace/schemas/generated/alert-state.ts';

/** Where the second stage keeps what it knows: a task's store with a changelog, or a `Map` for a backtest. */
export interface EvaluationStore {
  get(key: string): AlertState | undefined;
  set(key: string, value: AlertState): void;
  delete(key: string): void;
  entries(): IterableIterator<[string, AlertState]>;
}

const empty: AlertState = { rule: null, group: null, minute: null, progress: null, complete: null };

/** The value of a key that holds only this piece. */
export function piece(part: Partial<AlertState>): AlertState {
  return { ...empty, ...part };
}

/** Where a rule is kept, as it was when what is remembered of it was counted. */
export function ruleKey(id: string): string {
  return `rule/${id}`;
}
