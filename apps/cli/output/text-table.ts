import pc from 'picocolors';
import { jsonText } from './terminal.ts';

/** Columns as wide as their widest cell. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  return [pc.bold(line(head)), ...rows.map(line)].join('');
}

/** An answer of the API as it came, for programs. */
export function printJson(body: unknown): void {
  process.stdout.write(`${jsonText(body, 2)}\n`);
}
