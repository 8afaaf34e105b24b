import { hasLevel, hasLogTime, noParser } from '@tailrace/log-record/parsers.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';

/** Lines of one connection, and how many of them were understood. */
export interface CountedLines {
  readonly connectionId: string;
  lines: number;
  withLevel: number;
  withTime: number;
  plain: number;
}

/** Lines of a batch, counted by connection. */
export class ConnectionTally {
  readonly #counted = new Map<string, CountedLines>();
  /** Lines of one connection mostly come one after the other. */
  #last: CountedLines | undefined;

  count(record: LogRecord): void {
    const { connection_id: connectionId, parser } = record;
    const counted = this.#last?.connectionId === connectionId ? this.#last : this.#of(connectionId);
    this.#last = counted;
    counted.lines++;
    if (hasLevel(record)) counted.withLevel++;
    if (hasLogTime(record)) counted.withTime++;
    if (parser === noParser) counted.plain++;
  }

  /** What was counted since the last call. */
  take(): readonly CountedLines[] {
    const counted = [...this.#counted.values()];
    this.#counted.clear();
    this.#last = undefined;
    return counted;
  }

  #of(connectionId: string): CountedLines {
    const counted = this.#counted.get(connectionId) ?? { connectionId, lines: 0, withLevel: 0, withTime: 0, plain: 0 };
    this.#counted.set(connectionId, counted);
    return counted;
  }
}
