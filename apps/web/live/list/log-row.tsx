import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { type MouseEvent, memo } from 'react';
import { Icon } from '../../ui/icon.tsx';
import { duration } from '../../ui/text/format.ts';
import { oneLine } from '../../ui/text/visible-text.ts';
import type { RowGap } from '../session/row.ts';
import { rowText } from './row-text.ts';

interface LineRowProps {
  /** Given to the row that the keyboard is on. */
  readonly id: string | undefined;
  readonly row: LogLine;
  readonly index: number;
  /** Name of its connection, when it is known. */
  readonly name: string | undefined;
  /** Characters of the body that have room. */
  readonly columns: number;
  readonly isOpen: boolean;
  readonly isLate: boolean;
  /** The row is pressed, or clicked by what does not press. */
  readonly onPress: (event: MouseEvent) => void;
}

/** Columns that the mark takes. */
const lateColumns = 9;

/**
 * One line. Text only, ever: what a line says is never markup. A run of text in columns of one font, not boxes beside
 * each other, and clipped by the list alone: while one scrolls every row is laid out and painted in each frame.
 */
export const LineRow = memo(
  function LineRow({ id, row, index, name, columns, isOpen, isLate, onPress }: LineRowProps) {
    const lateness = Date.parse(row.ingest_timestamp) - Date.parse(row.timestamp);
    const text = rowText(row, name ?? row.connection_id, isLate ? columns - lateColumns : columns);
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the focus, and Enter opens its active row
      <div
        id={id}
        role="row"
        tabIndex={-1}
        aria-rowindex={index + 1}
        aria-selected={isOpen}
        className={`log-row level-${row.level ?? 'unset'}${id === undefined ? '' : ' is-current'}${isOpen ? ' is-open' : ''}${text.isUnusual ? ' is-clipped' : ''}`}
        onPointerDown={onPress}
        onClick={onPress}
      >
        <span role="gridcell" className="log-time">
          {text.time}
        </span>
        <span role="gridcell" className="log-level">
          {text.level}
        </span>
        <span role="gridcell" className="log-source">
          {text.source}
        </span>
        <span role="gridcell" className="log-body">
          {isLate && (
            <>
              <span className="log-late" title="So long after it happened it was read">
                +{duration(lateness)}
              </span>{' '}
            </>
          )}
          <bdi>{text.body}</bdi>
          {text.attributes !== '' && (
            <>
              {'  '}
              <bdi className="log-attributes">{text.attributes}</bdi>
            </>
          )}
        </span>
      </div>
    );
  },
  (a, b) =>
    a.row === b.row &&
    a.index === b.index &&
    a.name === b.name &&
    a.columns === b.columns &&
    a.id === b.id &&
    a.isOpen === b.isOpen &&
    a.isLate === b.isLate,
);

interface GapRowProps {
  readonly id: string | undefined;
  readonly row: RowGap;
  readonly index: number;
  readonly isFetching: boolean;
  readonly onPress: (event: MouseEvent) => void;
  readonly onFetch: () => void;
}

/** Lines that were left out, at their place. */
export function GapRow({ id, row, index, isFetching, onPress, onFetch }: GapRowProps) {
  return (
    <div id={id} role="row" tabIndex={-1} aria-rowindex={index + 1} className="log-row gap-row" onPointerDown={onPress}>
      <span role="gridcell">
        <Icon name="warning" />
        {oneLine(row.note)}
        {row.gap && (
          <button type="button" className="button button-small" disabled={isFetching} onClick={onFetch}>
            {isFetching ? 'Loading…' : 'Load them'}
          </button>
        )}
      </span>
    </div>
  );
}
