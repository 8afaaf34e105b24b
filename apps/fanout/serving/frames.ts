import { toLogLine } from '@tailrace/log-query/log-line.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';

/** A log line as the JSON that frames are put together from; made once a record, whatever the number of viewers. */
export function lineJson(record: LogRecord): string {
  return JSON.stringify(toLogLine(record));
}

/** A frame of lines. An empty one only moves the cursor, so that a quiet viewer resumes near the end. */
export function logsFrame(lines: readonly string[], cursor: string): string {
  return `{"type":"logs","logs":[${lines.join(',')}],"cursor":${JSON.stringify(cursor)}}`;
}

/** Lines that answer a `fetch`: they say nothing about where the viewer stands, so there is no cursor. */
export function fetchedFrame(lines: readonly string[]): string {
  return `{"type":"logs","logs":[${lines.join(',')}],"fetched":true}`;
}
