import type { StreamState } from '@tailrace/http/client/live-stream.ts';
import type { Connection } from '@tailrace/http/contract/generated.ts';
import { useEffect, useMemo, useState } from 'react';
import { useApp } from '../../ui/app-context.ts';
import { Link } from '../../ui/link.tsx';
import { pagePath } from '../../ui/route.ts';
import { count } from '../../ui/text/format.ts';
import type { LiveSession } from '../session/live-session.ts';
import type { Snapshot } from '../session/snapshot.ts';
import { byUrgency, healthOf } from './source-health.ts';
import { SourceStatus } from './source-status.tsx';

interface StatusStripProps {
  readonly session: LiveSession;
  readonly snapshot: Snapshot;
  readonly connections: readonly Connection[] | undefined;
  /** Why the connections cannot be read now. */
  readonly problem: string | undefined;
}

/** How often what is said of time is written again. */
const clockEveryMs = 5000;

/** Always in sight, on one line of constant height: whether lines come, and how the sources do. */
export function StatusStrip({ session, snapshot, connections, problem }: StatusStripProps) {
  const { project } = useApp();
  const now = useClock(clockEveryMs);
  const { statuses } = snapshot;
  const sources = useMemo(
    () => connections?.map((each) => healthOf(each, statuses.get(each.id), now)).sort(byUrgency),
    [connections, statuses, now],
  );
  const gaps = session.gaps.length;
  return (
    <footer className="status-strip">
      <StreamStatus state={stateOf(snapshot)} onRetry={() => session.reconnectNow()} />
      <span className="dim number">{count(session.buffer.length)} lines</span>
      {gaps > 0 && (
        <button type="button" className="link-button" onClick={() => session.showGap()}>
          {gaps === 1 ? 'Lines left out: show where' : `Lines left out in ${count(gaps)} places: show where`}
        </button>
      )}
      <span className="grow" />
      {problem !== undefined && (
        <span className="cut tone-warn" role="alert" title={problem}>
          Sources cannot be read: {problem}
        </span>
      )}
      {sources?.length === 0 && <Link to={pagePath(project, 'connections')}>Add a connection</Link>}
      {sources !== undefined && sources.length > 0 && <SourceStatus sources={sources} />}
    </footer>
  );
}

/** A view that cannot be shown is not the past. */
function stateOf({ stream, refusal }: Snapshot): StreamState {
  const rests = stream.kind === 'idle' || stream.kind === 'refused';
  return refusal && rests ? { kind: 'refused', reason: `No lines: the ${refusal.about} is refused` } : stream;
}

function StreamStatus({ state, onRetry }: { readonly state: StreamState; readonly onRetry: () => void }) {
  const seconds = useSecondsUntil(state.kind === 'reconnecting' ? state.retryAt : undefined);
  const tone = { idle: 'none', connecting: 'none', live: 'good', waiting: 'warn', reconnecting: 'bad', refused: 'bad' }[
    state.kind
  ];
  const words = wordsOfStream(state);
  return (
    <div className={`stream-status tone-${tone}`}>
      <span className="dot" />
      <span role="status" className="cut" title={words}>
        {words}
      </span>
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

/** The time, milliseconds since the epoch, a little old. */
function useClock(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
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
