import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { type LogPosition, type LogScanOptions, scanLogs } from './log-scan.ts';

export interface LogSearchOptions extends LogScanOptions {
  /** Records at most. */
  readonly limit: number;
}

export interface LogPage {
  /** In the search's direction. */
  readonly records: readonly LogRecord[];
  /** Where a next search of the same direction goes on. */
  readonly end: LogPosition;
  /** Nothing more in the range matches. False: the page is full, or the time was up; go on from `end`. */
  readonly isLast: boolean;
}

/** Bodies of one page together, characters, about: a page of giant lines is cut short. */
const pageCharacters = 8 * 1024 * 1024;

/**
 * The next matching records. Ends early, with less than `limit`, when the time is up.
 * @throws TailraceError `log_search.too_slow`, `postgres.unavailable`
 */
export async function searchLogs(options: LogSearchOptions): Promise<LogPage> {
  const records: LogRecord[] = [];
  let characters = 0;
  let end: LogPosition | undefined;
  for await (const step of scanLogs(options)) {
    for (const record of step.records) {
      if (records.length === options.limit || characters > pageCharacters) {
        return { records, end: positionOf(records.at(-1) ?? record), isLast: false };
      }
      records.push(record);
      characters += record.body.length;
    }
    end = step.position;
    if (step.isLast) return { records, end, isLast: true };
  }
  return { records, end: end ?? startOf(options), isLast: false };
}

/** The record with this key, when the project has it. */
export async function findLog(
  options: Omit<LogScanOptions, 'from' | 'to' | 'direction' | 'filter'>,
  key: LogPosition,
): Promise<LogRecord | undefined> {
  const at = { ...options, filter: {}, from: key.timestamp, to: key.timestamp + 1, direction: 'newer' } as const;
  for await (const { records } of scanLogs(at)) {
    const found = records.find((record) => record.id === key.id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The position right at a record. */
export function positionOf({ timestamp, id }: LogRecord): LogPosition {
  return { timestamp, id };
}

function startOf({ start, direction, from, to }: LogSearchOptions): LogPosition {
  return start ?? { timestamp: direction === 'older' ? to : from, id: '0'.repeat(32) };
}
