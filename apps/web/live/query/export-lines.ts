import type { LogLine } from '@tailrace/http/contract/generated.ts';

/** One JSON object a line (https://github.com/ndjson/ndjson-spec), as the API gives it. */
export function toNdjson(lines: readonly LogLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

const columns: readonly (readonly [name: string, value: (line: LogLine) => string])[] = [
  ['timestamp', (line) => line.timestamp],
  ['level', (line) => line.level ?? ''],
  ['body', (line) => line.body],
  ['provider', (line) => line.provider],
  ['connection_id', (line) => line.connection_id],
  ['stream', (line) => line.stream],
  ['trace_id', (line) => line.trace_id ?? ''],
  ['span_id', (line) => line.span_id ?? ''],
  ['attributes', (line) => JSON.stringify(line.attributes)],
  ['resource', (line) => JSON.stringify(line.resource)],
  ['id', (line) => line.id],
];

/**
 * RFC 4180. What a spreadsheet would take for a formula is made text by an apostrophe before it, at the beginning of a cell
 * and wherever a spreadsheet of another locale would begin one: behind a semicolon, a tab or a line break
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function toCsv(lines: readonly LogLine[]): string {
  const rows = [columns.map(([name]) => name), ...lines.map((line) => columns.map(([, value]) => value(line)))];
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** Where a formula would begin; also with the full-width characters that spreadsheets of East Asia take for the same. */
const formula = /(^|[;\t\r\n])(?=["' ]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

function cell(text: string): string {
  const marked = text.replaceAll(formula, "$1'");
  const safe = /^[\t\r\n]/.test(marked) ? `'${marked}` : marked;
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a file to the person. */
export function download(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
