import { oneLine } from '../../ui/text/visible-text.ts';
import { spanMs, type TimeView } from '../query/view.ts';
import type { Refusal } from '../session/refusal.ts';
import type { Edge } from '../session/snapshot.ts';

interface ListEdgeProps {
  readonly edge: Edge;
  readonly at: 'start' | 'end';
  readonly time: TimeView;
  readonly isEmpty: boolean;
  /** Nothing is shown, so there is nothing beyond it. */
  readonly isRefused: boolean;
  readonly onRetry: () => void;
  readonly onTime: (time: TimeView) => void;
}

/** What is beyond the first or the last row, in words. Takes no room while there is more to read. */
export function ListEdge({ edge, at, time, isEmpty, isRefused, onRetry, onTime }: ListEdgeProps) {
  if (isRefused) return null;
  if (edge.kind === 'failed') {
    return (
      <div className="list-edge list-edge-bad" role="row">
        <span role="gridcell">
          {edge.reason}{' '}
          <button type="button" className="link-button" onClick={onRetry}>
            Try again
          </button>
        </span>
      </div>
    );
  }
  if (edge.kind === 'loading' && isEmpty && at === 'start') return <Words>Reading stored lines…</Words>;
  if (at === 'end') return null;
  if (edge.kind === 'full')
    return <Words>No more lines are kept: narrow the filter or the time to see earlier ones.</Words>;
  if (edge.kind !== 'end') return null;
  if (time.kind !== 'live')
    return <Words>{isEmpty ? 'No line matches in this part of time.' : 'Nothing earlier matches.'}</Words>;
  const wider = spanMs(time.span) < 3_600_000 ? '-1h' : spanMs(time.span) < 86_400_000 ? '-24h' : '-7d';
  const hasWider = spanMs(wider) > spanMs(time.span);
  return (
    <div className="list-edge" role="row">
      <span role="gridcell">
        {isEmpty ? 'No line matches yet.' : `Beginning of the last ${time.span.slice(1)}.`}{' '}
        {hasWider && (
          <button type="button" className="link-button" onClick={() => onTime({ kind: 'live', span: wider })}>
            Show the last {wider.slice(1)}
          </button>
        )}
      </span>
    </div>
  );
}

function Words({ children }: { readonly children: React.ReactNode }) {
  return (
    <div className="list-edge" role="row">
      <span role="gridcell">{children}</span>
    </div>
  );
}

/** In place of lines: why there are none, and what to do. */
export function Refused({ refusal: { about, reason } }: { readonly refusal: Refusal }) {
  return (
    <div className="list-edge list-edge-bad" role="row">
      <span role="gridcell">
        {about === 'filter'
          ? 'No lines are shown: the filter cannot be read. Change it above; ? shows how filters are written.'
          : `No lines are shown. ${oneLine(reason)}: choose another time above.`}
      </span>
    </div>
  );
}
