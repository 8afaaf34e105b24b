import type { CursorRange } from '@tailrace/http/client/stream-parts.ts';
import type { LogLine } from '@tailrace/http/contract/generated.ts';

/** Lines that were left out at this place. */
export interface RowGap {
  readonly kind: 'gap';
  readonly key: string;
  readonly time: string;
  /** Undefined: the place to go on from was lost, so there is no range to fetch. */
  readonly gap: CursorRange | undefined;
  readonly note: string;
}

/** What the list shows in one row. */
export type Row =
  | {
      readonly kind: 'line';
      readonly key: string;
      readonly time: string;
      readonly line: LogLine;
      /** It came live, long after it happened. */
      readonly isLate: boolean;
    }
  | RowGap;

export function lineRow(line: LogLine, isLate = false): Row {
  return { kind: 'line', key: line.id, time: sortableTime(line.timestamp), line, isLate };
}

/** An RFC 3339 time in UTC with all nine digits, so that text order is the order of time. */
export function sortableTime(timestamp: string): string {
  const [whole = '', digits = ''] = timestamp.slice(0, -1).split('.');
  return `${whole}.${digits.padEnd(9, '0')}Z`;
}

/** Order of time; at the same time lines of one source as they came, and a gap behind them. */
export function compareRows(a: Row, b: Row): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.kind !== b.kind) return a.kind === 'line' ? -1 : 1;
  const byPlace = a.kind === 'line' && b.kind === 'line' ? comparePlaces(a.line.raw, b.line.raw) : 0;
  return byPlace || compareTexts(a.key, b.key);
}

function comparePlaces(a: LogLine['raw'], b: LogLine['raw']): number {
  return compareTexts(a.topic, b.topic) || a.partition - b.partition || a.offset - b.offset;
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
