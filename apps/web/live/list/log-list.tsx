import {
  type MouseEvent,
  type Ref,
  useCallback,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { Icon } from '../../ui/icon.tsx';
import { count } from '../../ui/text/format.ts';
import type { TimeView, View } from '../query/view.ts';
import type { LiveSession } from '../session/live-session.ts';
import type { Row } from '../session/row.ts';
import type { Snapshot } from '../session/snapshot.ts';
import { copyRows } from './copy-rows.ts';
import { ListEdge, Refused } from './list-edge.tsx';
import { GapRow, LineRow } from './log-row.tsx';
import { RowSlots } from './row-slots.ts';
import { useListSize } from './use-list-size.ts';
import { useScrollPlace } from './use-scroll-place.ts';

export interface LogListHandle {
  /** Moves the current line by one, by a screen, or to an end. */
  move(step: 1 | -1 | 'page' | '-page' | 'first' | 'last'): void;
  openCurrent(): void;
}

interface LogListProps {
  readonly ref: Ref<LogListHandle>;
  readonly session: LiveSession;
  readonly snapshot: Snapshot;
  readonly names: ReadonlyMap<string, string>;
  readonly time: TimeView;
  /** Id of the line that is open. */
  readonly selected: string | undefined;
  readonly onOpen: (line: View['line']) => void;
  readonly onTime: (time: TimeView) => void;
}

/** Rows drawn beyond each edge of what is seen. */
const spare = 5;
/** Within this many rows of an end the next page is read. */
const nearEnd = 60;

/**
 * The rows of the session. All are of one height, so what is seen follows from the place alone: a hundred thousand rows
 * cost as much as a screenful.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one virtual list, whose handlers share its place and size.
export function LogList({ ref, session, snapshot, names, time, selected, onOpen, onTime }: LogListProps) {
  const { buffer } = session;
  const box = useRef<HTMLDivElement>(null);
  const [slotsOf] = useState(() => new RowSlots());
  const [current, setCurrent] = useState<Row>();
  const currentId = useId();
  const size = useListSize(box);
  const { height, rowHeight, columns } = size;
  const { top, onScroll, goTo } = useScrollPlace(box, session, snapshot, size);
  const { following } = snapshot;
  const { length } = buffer;

  const { reveal } = snapshot;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new wish scrolls
  useLayoutEffect(() => {
    if (!reveal) return;
    goTo(Math.max(0, buffer.indexOf(reveal.row) * rowHeight - height / 3));
    setCurrent(reveal.row);
  }, [reveal]);

  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(length, Math.ceil((top + height) / rowHeight) + spare);
  useEffect(() => {
    if (snapshot.older.kind === 'more' && first < nearEnd) session.loadOlder();
    if (snapshot.newer.kind === 'more' && length - last < nearEnd) session.loadNewer();
  }, [session, snapshot.older, snapshot.newer, first, last, length]);

  /** What is pressed now, and where. */
  const pressed = useRef<{ readonly row: Row; readonly y: number } | undefined>(undefined);
  const press = (row: Row) => (event: MouseEvent) => {
    // A click without a press is an assistive technology's.
    if (event.type === 'pointerdown' || pressed.current === undefined) pressed.current = { row, y: event.clientY };
  };
  const open = useCallback(
    (row: Row) => {
      setCurrent(row);
      if (row.kind !== 'line') return;
      session.setFollowing(false);
      onOpen({ timestamp: row.line.timestamp, id: row.line.id });
    },
    [session, onOpen],
  );

  useImperativeHandle(ref, () => {
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const show = (index: number) => {
      const row = buffer.at(Math.max(0, Math.min(buffer.length - 1, index)));
      if (row === undefined) return;
      session.setFollowing(false);
      setCurrent(row);
      // From a button that was pressed before, Enter would go to the button.
      box.current?.focus({ preventScroll: true });
      if (selected !== undefined && row.kind === 'line') onOpen({ timestamp: row.line.timestamp, id: row.line.id });
      const at = buffer.indexOf(row) * rowHeight;
      const shown = box.current?.scrollTop ?? 0;
      goTo(at < shown ? at : Math.max(shown, at - height + rowHeight));
    };
    return {
      move(step) {
        const at = current ? buffer.indexOf(current) : Math.floor((top + height) / rowHeight);
        if (step === 'first') show(0);
        else if (step === 'last') {
          show(buffer.length - 1);
          if (session.isLive) session.setFollowing(true);
        } else show(at + (step === 'page' ? page : step === '-page' ? -page : step));
      },
      openCurrent() {
        if (current) open(current);
      },
    };
  });

  const rows = buffer.slice(first, last);
  const slots = Math.ceil(height / rowHeight) + 2 * spare + 1;
  slotsOf.moveTo(first, slots);
  return (
    <div className="log-list-frame">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens the active row, wherever the focus is */}
      <div
        ref={box}
        className="log-list"
        role="grid"
        aria-label="Log lines"
        aria-rowcount={length}
        aria-activedescendant={rows.some(({ key }) => key === current?.key) ? currentId : undefined}
        tabIndex={0}
        onScroll={onScroll}
        onPointerDownCapture={() => {
          pressed.current = undefined;
        }}
        // Rows that come before a row give it another element. A click that began on one and ended on the other is
        // neither's, so it is taken here, for the row that was pressed.
        onClick={({ currentTarget, clientY }) => {
          const { row, y } = pressed.current ?? {};
          pressed.current = undefined;
          if (row === undefined || y === undefined || Math.abs(clientY - y) >= rowHeight) return;
          if (!isSelecting(currentTarget)) open(row);
        }}
        onCopy={(event) => copyRows(event, buffer, names)}
      >
        {snapshot.refusal && <Refused refusal={snapshot.refusal} />}
        <ListEdge
          edge={snapshot.older}
          at="start"
          time={time}
          isEmpty={length === 0}
          isRefused={snapshot.refusal !== undefined}
          onRetry={() => session.loadOlder()}
          onTime={onTime}
        />
        <div className="log-rows" role="rowgroup" style={{ height: length * rowHeight }}>
          <div
            className="log-window"
            role="presentation"
            // What one presses stays under the pointer until it is let go.
            onPointerDown={() => session.setFollowing(false)}
            style={{ transform: `translateY(${first * rowHeight}px)` }}
          >
            {rows.map((row, offset) => {
              const index = first + offset;
              const slot = slotsOf.of(index, slots);
              const id = row.key === current?.key ? currentId : undefined;
              return row.kind === 'line' ? (
                <LineRow
                  key={slot}
                  id={id}
                  row={row.line}
                  index={index}
                  name={names.get(row.line.connection_id)}
                  columns={columns}
                  isOpen={row.line.id === selected}
                  isLate={row.isLate}
                  onPress={press(row)}
                />
              ) : (
                <GapRow
                  key={slot}
                  id={id}
                  row={row}
                  index={index}
                  isFetching={snapshot.fetching.has(row.key)}
                  onPress={press(row)}
                  onFetch={() => void session.fetchGap(row.key)}
                />
              );
            })}
          </div>
        </div>
        <ListEdge
          edge={snapshot.newer}
          at="end"
          time={time}
          isEmpty={length === 0}
          isRefused={snapshot.refusal !== undefined}
          onRetry={() => session.loadNewer()}
          onTime={onTime}
        />
      </div>
      {!following && session.isLive && (
        <button type="button" className="new-lines" onClick={() => session.setFollowing(true)}>
          <Icon name="end" />
          {snapshot.fresh === 0 ? 'Follow' : `${count(snapshot.fresh)} new`}
          {snapshot.stream.kind === 'waiting' && ', more wait'}
        </button>
      )}
    </div>
  );
}

/** Whether the press that ends now has selected text of the rows, or had: then it was not to open anything. */
function isSelecting(rows: HTMLElement): boolean {
  const selection = getSelection();
  return (
    selection !== null && !selection.isCollapsed && selection.anchorNode !== null && rows.contains(selection.anchorNode)
  );
}
