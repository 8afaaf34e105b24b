import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { clockTime } from '../../ui/text/format.ts';
import { oneLine } from '../../ui/text/visible-text.ts';

/** The text of one line in the list, already cut to the columns there are: what nobody sees costs nothing to lay out. */
export interface RowText {
  readonly time: string;
  readonly level: string;
  readonly source: string;
  readonly body: string;
  readonly attributes: string;
  /** Whether it has characters that may be drawn beyond their own place, such as stacked marks. */
  readonly isUnusual: boolean;
}

const abbreviations = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
const timeColumns = 14;
const levelColumns = 7;
const sourceColumns = 17;
/** Columns before the body. */
export const headColumns = timeColumns + levelColumns + sourceColumns;
/** Attributes beside the body: what is short says most; ids and what repeats the line (`log.…`) are in the panel. */
const mostAttributes = 6;
const longestAttribute = 40;
/** Latin letters and what stands for the unseen: each keeps to its own place. */
const unusual = /[^\x20-\x7e\xa0-\xff…␛⏎⇥]/;

/**
 * @param name of its connection.
 * @param columns characters of the body and its attributes that have room.
 */
export function rowText(line: LogLine, name: string, columns: number): RowText {
  const body = oneLine(cut(line.body, columns));
  const left = columns - body.length - 2;
  const attributes = left > 0 ? cut(attributesOf(line.attributes), left) : '';
  const source = cut(oneLine(name.slice(0, 100)), sourceColumns - 2).padEnd(sourceColumns);
  return {
    time: clockTime(line.timestamp).padEnd(timeColumns),
    level: (line.level === null ? '·' : abbreviations[line.level]).padEnd(levelColumns),
    source,
    body,
    attributes,
    isUnusual: unusual.test(body) || unusual.test(attributes) || unusual.test(source),
  };
}

/** At most so many characters, the last of them an ellipsis where there are more; never half of one. */
function cut(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return `${text.slice(0, Math.max(0, columns - 1)).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** `key=value` of the short ones. */
function attributesOf(attributes: Readonly<Record<string, string>>): string {
  let text = '';
  let shown = 0;
  for (const key in attributes) {
    const value = attributes[key] ?? '';
    if (value.length > longestAttribute || key.startsWith('log.')) continue;
    text += `${shown === 0 ? '' : '  '}${key}=${value}`;
    shown += 1;
    if (shown === mostAttributes) break;
  }
  return oneLine(text);
}
