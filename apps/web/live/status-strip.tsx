import { useEffect, useState } from 'react';
import type { Connection } from '../api/generated.ts';
import type { StreamState } from '../api/live-stream.ts';
import { type Tone, toneOf, wordsOf } from '../connections/connection-state.ts';
import { useApp } from '../ui/app-context.ts';
import { count, duration, shortMoment } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { pagePath } from '../ui/route.ts';
import type { LiveSession } from './live-session.ts';
import type { Snapshot } from './snapshot.ts';

interface StatusStripProps {
  readonly session: LiveSession;
  readonly snapshot: Snapshot;
  readonly connections: readonly Connection[] | undefined;
}

/** What needs somebody comes first. */
const urgency: readonly Tone[] = ['bad', 'warn', 'good', 'none'];

/** Always in sight: whether lines come, and for each source how far behind it is and up to when all has been read. */
export function StatusStrip({ session, snapshot, connections }: StatusStripProps) {
  const { project } = useApp();
  const sources = (connections ?? [])
    .map((connection) => {
      // The WebSocket tells changes at once; before its first word the list's own is used.
      const status = snapshot.statuses.get(connection.id) ?? connection.status;
      return { connection, status, state: status?.state ?? connection.desired_state };
    })
    .sort((a, b) => urgency.indexOf(toneOf(a.state)) - urgency.indexOf(toneOf(b.state)));
  const gaps = session.gaps.length;
  return (
    <footer className="status-strip">
      <StreamStatus state={snapshot.stream} onRetry={() => session.reconnectNow()} />
      <span className="dim number">{count(session.buffer.length)} lines</span>
      {gaps > 0 && (
        <button type="button" className="link-button" onClick={() => session.showGap()}>
          {gaps === 1 ? 'Lines left out: show where' : `Lines left out in ${count(gaps)} places: show where`}
        </button>
      )}
      <ul className="sources" aria-label="Sources">
        {sources.map(({ connection, status, state }) => {
          return (
            <li key={connection.id}>
              <Link className={`source tone-${toneOf(state)}`} to={pagePath(project, 'connections', connection.id)}>
                <span className="dot" />
                <span className="source-name">{connection.connection_name}</span>
                <span className="number">
                  {state !== 'running' && state !== 'idle' && wordsOf(state)}
                  {status?.lag_ms != null && ` lag ${duration(status.lag_ms)}`}
                </span>
                {status?.complete_up_to && (
                  <span className="dim number" title="Every earlier line has been read">
                    complete to {shortMoment(status.complete_up_to)}
                  </span>
                )}
              </Link>
            </li>
          );
        })}
        {connections?.length === 0 && (
          <li>
            <Link className="source" to={pagePath(project, 'connections')}>
              Add a connection
            </Link>
          </li>
        )}
      </ul>
    </footer>
  );
}

function StreamStatus({ state, onRetry }: { readonly state: StreamState; readonly onRetry: () => void }) {
  const seconds = useSecondsUntil(state.kind === 'reconnecting' ? state.retryAt : undefined);
  const tone = { idle: 'none', connecting: 'none', live: 'good', waiting: 'warn', reconnecting: 'bad', refused: 'bad' }[
    state.kind
  ];
  return (
    <div className={`stream-status tone-${tone}`}>
      <span className="dot" />
      <span role="status">{wordsOfStream(state)}</span>
      {state.kind === 'reconnecting' && (
        <>
          <span className="number">in {seconds} s</span>
          <button type="button" className="link-button" onClick={onRetry}>
            now
          </button>
        </>
      )}
    </div>
  );
}

function wordsOfStream(state: StreamState): string {
  switch (state.kind) {
    case 'idle':
      return 'Past';
    case 'connecting':
      return 'Connecting';
    case 'live':
      return 'Live';
    case 'waiting':
      return 'Lines wait at the server';
    case 'reconnecting':
      return 'Disconnected, nothing is lost; connecting again';
    case 'refused':
      return state.reason;
  }
}

function useSecondsUntil(time: number | undefined): number {
  const [, tick] = useState(0);
  useEffect(() => {
    if (time === undefined) return undefined;
    const timer = setInterval(() => tick((ticks) => ticks + 1), 500);
    return () => clearInterval(timer);
  }, [time]);
  return time === undefined ? 0 : Math.max(0, Math.ceil((time - Date.now()) / 1000));
}
