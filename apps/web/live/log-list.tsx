import { type Ref, useCallback, useEffect, useId, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { ListEdge } from './list-edge.tsx';
import type { LiveSession, Snapshot } from './live-session.ts';
import { GapRow, LineRow } from './log-row.tsx';
import type { Row } from './row.ts';
import type { TimeView, View } from './view.ts';

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

const narrow = '(max-width: 640px)';
const rowPx = { wide: 22, narrow: 40 };
/** Rows drawn beyond each edge of what is seen. */
const spare = 5;
/** Within this many rows of an end the next page is read. */
const nearEnd = 60;

/**
 * The rows of the session. All are of one height, so what is seen follows from the place alone: a hundred thousand rows
 * cost as much as a screenful. While following the newest stays in sight; else the row that was on top stays on top,
 * whatever comes before or behind it.
 */
export function LogList({ ref, session, snapshot, names, time, selected, onOpen, onTime }: LogListProps) {
  const { buffer } = session;
  const box = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ readonly row: Row; readonly offset: number } | undefined>(undefined);
  /** Where we scrolled to ourselves: an event that reports another place is the person's doing. */
  const expectedTop = useRef(0);
  const [place, setPlace] = useState({ top: 0, height: 600 });
  const [current, setCurrent] = useState<Row>();
  const listId = useId();
  const height = useRowHeight();
  const { following } = snapshot;
  const { length } = buffer;

  const scrollTo = useCallback((top: number) => {
    const element = box.current;
    if (element === null) return;
    element.scrollTop = top;
    expectedTop.current = element.scrollTop;
    setPlace((before) => (before.top === element.scrollTop ? before : { ...before, top: element.scrollTop }));
  }, []);
  const keepAnchor = useCallback(
    (top: number) => {
      const row = buffer.at(Math.floor(top / height));
      anchor.current = row && { row, offset: top % height };
    },
    [buffer, height],
  );

  // After each change of the rows, before anything is painted.
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (snapshot.following) scrollTo(element.scrollHeight);
    else if (anchor.current) scrollTo(buffer.indexOf(anchor.current.row) * height + anchor.current.offset);
    if (anchor.current === undefined || snapshot.following) keepAnchor(element.scrollTop);
  }, [snapshot, buffer, height, scrollTo, keepAnchor]);

  const { reveal } = snapshot;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new wish scrolls
  useLayoutEffect(() => {
    if (!reveal) return;
    const top = Math.max(0, buffer.indexOf(reveal.row) * height - place.height / 3);
    scrollTo(top);
    keepAnchor(top);
    setCurrent(reveal.row);
  }, [reveal]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setPlace({ top: element.scrollTop, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const element = box.current;
    if (element === null) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    setPlace({ top: scrollTop, height: clientHeight });
    if (Math.abs(scrollTop - expectedTop.current) < 1) return;
    const upwards = scrollTop < expectedTop.current;
    expectedTop.current = scrollTop;
    keepAnchor(scrollTop);
    if (following && upwards) session.setFollowing(false);
    else if (!following && !upwards && session.isLive && scrollHeight - scrollTop - clientHeight < 2) {
      session.setFollowing(true);
    }
  };

  const first = Math.max(0, Math.floor(place.top / height) - spare);
  const last = Math.min(length, Math.ceil((place.top + place.height) / height) + spare);
  useEffect(() => {
    if (snapshot.older.kind === 'more' && first < nearEnd) void session.loadOlder();
    if (snapshot.newer.kind === 'more' && length - last < nearEnd) void session.loadNewer();
  }, [session, snapshot.older, snapshot.newer, first, last, length]);

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
    const page = Math.max(1, Math.floor(place.height / height) - 1);
    const show = (index: number) => {
      const row = buffer.at(Math.max(0, Math.min(buffer.length - 1, index)));
      if (row === undefined) return;
      session.setFollowing(false);
      setCurrent(row);
      if (selected !== undefined && row.kind === 'line') onOpen({ timestamp: row.line.timestamp, id: row.line.id });
      const top = buffer.indexOf(row) * height;
      const shown = box.current?.scrollTop ?? 0;
      const wanted = top < shown ? top : Math.max(shown, top - place.height + height);
      scrollTo(wanted);
      keepAnchor(wanted);
    };
    return {
      move(step) {
        const at = current ? buffer.indexOf(current) : Math.floor((place.top + place.height) / height);
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
  const slots = Math.ceil(place.height / height) + 2 * spare + 1;
  const activeId = current && `${listId}-${current.key}`;
  return (
    <div className="log-list-frame">
      <div
        ref={box}
        className="log-list"
        role="grid"
        aria-label="Log lines"
        aria-rowcount={length}
        aria-activedescendant={rows.some(({ key }) => key === current?.key) ? activeId : undefined}
        tabIndex={0}
        onScroll={onScroll}
      >
        <ListEdge
          edge={snapshot.older}
          at="start"
          time={time}
          isEmpty={length === 0}
          onRetry={() => void session.loadOlder()}
          onTime={onTime}
        />
        <div className="log-rows" role="rowgroup" style={{ height: length * height }}>
          <div className="log-window" role="presentation" style={{ transform: `translateY(${first * height}px)` }}>
            {rows.map((row, offset) => {
              const index = first + offset;
              // A slot is used again for another row: that costs less than new elements for each line that comes.
              const slot = index % slots;
              return row.kind === 'line' ? (
                <LineRow
                  key={slot}
                  id={`${listId}-${row.key}`}
                  row={row.line}
                  index={index}
                  name={names.get(row.line.connection_id)}
                  isCurrent={row.key === current?.key}
                  isOpen={row.line.id === selected}
                  onOpen={() => open(row)}
                />
              ) : (
                <GapRow
                  key={slot}
                  id={`${listId}-${row.key}`}
                  row={row}
                  index={index}
                  isFetching={snapshot.fetching.has(row.key)}
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
          onRetry={() => void session.loadNewer()}
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

function useRowHeight(): number {
  const [isNarrow, setNarrow] = useState(() => matchMedia(narrow).matches);
  useEffect(() => {
    const media = matchMedia(narrow);
    const change = () => setNarrow(media.matches);
    media.addEventListener('change', change);
    return () => media.removeEventListener('change', change);
  }, []);
  return isNarrow ? rowPx.narrow : rowPx.wide;
}
