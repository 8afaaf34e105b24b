import type { LogLine } from '@tailrace/http/contract/generated.ts';
import type { ClipboardEvent } from 'react';
import type { LogBuffer } from '../session/log-buffer.ts';

/**
 * Puts selected lines on the clipboard whole, not as they are cut to the width of the list: one a row, its parts
 * separated by tabs. A selection within one line is left to the browser.
 */
export function copyRows(
  event: ClipboardEvent<HTMLElement>,
  buffer: LogBuffer,
  names: ReadonlyMap<string, string>,
): void {
  const selection = getSelection();
  if (selection === null) return;
  const rows = [...event.currentTarget.querySelectorAll('.log-row')].filter((row) => selection.containsNode(row, true));
  if (rows.length < 2) return;
  const texts = rows.flatMap((element) => {
    const row = buffer.at(Number(element.getAttribute('aria-rowindex')) - 1);
    return row?.kind === 'line' ? [lineText(row.line, names.get(row.line.connection_id))] : [];
  });
  event.preventDefault();
  event.clipboardData.setData('text/plain', `${texts.join('\n')}\n`);
}

/** Time, level, source, body and attributes of a line in one row of text, separated by tabs. */
function lineText(line: LogLine, name: string = line.connection_id): string {
  const attributes = Object.entries(line.attributes).map(([key, value]) => `${key}=${value}`);
  return [line.timestamp, line.level?.toUpperCase() ?? '', name, line.body, ...attributes]
    .map((part) => part.replaceAll(/\r\n|[\r\n\t]/g, ' '))
    .join('\t');
}
