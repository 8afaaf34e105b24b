import type { SourceEvent } from '@tailrace/ingestion/contract/connector.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { ownColumns } from './own-columns.ts';

/** A row of the wrapper's answer: id, ingestion time, event time, the row as JSON. */
export type AnswerRow = readonly unknown[];

/** A row's ingestion time as the wrapper gives it, with ticks of 100 ns. */
export function ticksOf(row: AnswerRow): string {
  return String(row[1]);
}

/** What identifies the source of a row's line, most particular first. */
const streamColumns = ['AppRoleInstance', 'PodName', 'ContainerId', 'Computer', '_ResourceId', 'ResourceId'];

/** @throws ConnectorError when the row lacks what identifies it: then the answer as a whole is not what was asked for. */
export function rowEvent(row: AnswerRow, table: string): SourceEvent {
  const [id, ingested, generated, text] = row.map((cell) => (typeof cell === 'string' ? cell : ''));
  const observed = parseTicks(ingested ?? '');
  const event = parseTicks(generated ?? '');
  if (!id || !text || !observed || !event) {
    throw new ConnectorError('invalid_config', 'Azure: a row came without _ItemId, its times or its content', {
      help: 'Only tables whose rows have an _ItemId can be followed.',
    });
  }
  const columns = parseRow(text);
  const stream = streamColumns.map((name) => columns[name]).find((value) => typeof value === 'string' && value !== '');
  return {
    id,
    timestamp: event.micros,
    timestampNanos: event.nanos,
    observedTimestamp: observed.micros,
    stream: typeof stream === 'string' ? stream : table,
    payload: JSON.stringify(columns),
  };
}

/** A row's own columns; numbers that a double cannot hold keep their digits. */
function parseRow(text: string): Record<string, unknown> {
  const row: unknown = JSON.parse(text, (_key, value, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && !Number.isSafeInteger(value)
      ? rawJson(context.source)
      : value,
  );
  if (typeof row !== 'object' || row === null) return {};
  const columns: Record<string, unknown> = { ...row };
  for (const name of ownColumns) delete columns[name];
  return columns;
}

/** `JSON.rawJSON`, which TypeScript's library does not know yet (https://tc39.es/proposal-json-parse-with-source/). */
const rawJson: (source: string) => unknown = Reflect.get(JSON, 'rawJSON');

/** An instant with ticks of 100 ns, such as 2026-01-02T03:04:05.1234567Z. */
function parseTicks(text: string): { readonly micros: number; readonly nanos: number } | undefined {
  const match = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z?$/.exec(text);
  if (!match) return undefined;
  const seconds = Date.parse(`${match[1]?.replace(' ', 'T')}Z`) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  const digits = (match[2] ?? '').padEnd(9, '0');
  return { micros: seconds * 1_000_000 + Number(digits.slice(0, 6)), nanos: Number(digits.slice(6)) };
}
