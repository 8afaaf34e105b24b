import type { Alert } from '@tailrace/schemas/generated/alert.ts';

/** What a comparison needs of an alert. Times are event times in microseconds. */
export interface AlertSpan {
  readonly id: string;
  readonly group: string | null;
  readonly startedAt: number;
  /** Infinite while it is open. */
  readonly endedAt: number;
  readonly suppressed: number;
}

/** Every alert of a rule, in little: those that may still change, and sums of all. */
export class AlertLedger {
  readonly #changing = new Map<string, AlertSpan>();
  #settledSuppressed = 0;

  /** Takes an alert in its newest state. What comes of one that was settled is too late. */
  take({ id, event, group, started_at: startedAt, resolved_at: resolvedAt, suppressed }: Alert): void {
    if (event !== 'fired' && event !== 'escalated' && !this.#changing.has(id)) return;
    this.#changing.set(id, { id, group, startedAt, endedAt: resolvedAt ?? Number.POSITIVE_INFINITY, suppressed });
  }

  /** Repeats within the cooldowns of all alerts so far. */
  get suppressed(): number {
    return [...this.#changing.values()].reduce((sum, { suppressed }) => sum + suppressed, this.#settledSuppressed);
  }

  /** Takes out the alerts that are over and started before a time, and will not change any more. */
  settle(before: number): AlertSpan[] {
    const settled = [...this.#changing.values()].filter(
      ({ startedAt, endedAt }) => startedAt < before && endedAt < Number.POSITIVE_INFINITY,
    );
    return this.#remove(settled);
  }

  /** Takes out those that are left: nothing comes any more. */
  close(): AlertSpan[] {
    return this.#remove([...this.#changing.values()]);
  }

  #remove(alerts: AlertSpan[]): AlertSpan[] {
    for (const { id, suppressed } of alerts) {
      this.#changing.delete(id);
      this.#settledSuppressed += suppressed;
    }
    return alerts;
  }
}
