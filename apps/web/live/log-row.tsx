import { memo } from 'react';
import type { LogLine } from '../api/generated.ts';
import { clockTime, duration } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import type { Row } from './row.ts';
import { oneLine } from './visible-text.ts';

interface LineRowProps {
  readonly id: string;
  readonly row: LogLine;
  readonly index: number;
  /** Name of its connection, when it is known. */
  readonly name: string | undefined;
  readonly isCurrent: boolean;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}

const abbreviations = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
/** Longer lines are cut in the list; the panel shows all. */
const longestShown = 1200;
/** Attributes beside the text: what is short says most; ids and what repeats the line (`log.…`) are in the panel. */
const mostAttributes = 6;
const longestAttribute = 40;
/** A line that took longer than this from the event to us is marked. */
const lateMs = 30_000;

/** One line. Text only, ever: what a line says is never markup. */
export const LineRow = memo(
  function LineRow({ id, row, index, name, isCurrent, isOpen, onOpen }: LineRowProps) {
    const level = row.level ?? 'unset';
    const lateness = Date.parse(row.ingest_timestamp) - Date.parse(row.timestamp);
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the focus, and Enter opens its active row
      <div
        id={id}
        role="row"
        tabIndex={-1}
        aria-rowindex={index + 1}
        aria-selected={isOpen}
        className={`log-row level-${level}${isCurrent ? ' is-current' : ''}${isOpen ? ' is-open' : ''}`}
        onClick={onOpen}
      >
        <span role="gridcell" className="log-time">
          {clockTime(row.timestamp)}
        </span>
        <span role="gridcell" className="log-level">
          {row.level === null ? '·' : abbreviations[row.level]}
        </span>
        <span role="gridcell" className="log-source" title={name ?? row.connection_id}>
          {name ?? row.connection_id}
        </span>
        <span role="gridcell" className="log-body">
          {lateness > lateMs && <span className="log-late">+{duration(lateness)}</span>}
          <bdi>{oneLine(row.body.slice(0, longestShown))}</bdi>
          <bdi className="log-attributes">{attributesOf(row.attributes)}</bdi>
        </span>
      </div>
    );
  },
  (a, b) =>
    a.row === b.row && a.index === b.index && a.name === b.name && a.isCurrent === b.isCurrent && a.isOpen === b.isOpen,
);

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

interface GapRowProps {
  readonly id: string;
  readonly row: Extract<Row, { kind: 'gap' }>;
  readonly index: number;
  readonly isFetching: boolean;
  readonly onFetch: () => void;
}

/** Lines that were left out, at their place. */
export function GapRow({ id, row, index, isFetching, onFetch }: GapRowProps) {
  return (
    <div id={id} role="row" tabIndex={-1} aria-rowindex={index + 1} className="log-row gap-row">
      <span role="gridcell">
        <Icon name="warning" />
        {row.note}
        {row.gap && (
          <button type="button" className="button button-small" disabled={isFetching} onClick={onFetch}>
            {isFetching ? 'Loading…' : 'Load them'}
          </button>
        )}
      </span>
    </div>
  );
}
