import './replays.css';
import type { Replay } from '@tailrace/http/contract/generated.ts';
import { useCallback, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { connectionName, useConnections } from '../ui/loading/use-connections.ts';
import { useResource } from '../ui/loading/use-resource.ts';
import { navigate, pagePath, routeOf, useAddress } from '../ui/route.ts';
import { count, shortMoment } from '../ui/text/format.ts';
import { rangeText } from './range-text.ts';
import { ReplayDialog } from './replay-dialog.tsx';
import { ReplayForm } from './replay-form.tsx';
import { isOver, Progress, ReplayStatus } from './replay-progress.tsx';

const everyMs = 2000;

/** Raw events read again: what today's parsers make of lines of the past. */
export function ReplaysPage() {
  const { api, project, mayEdit } = useApp();
  const { path } = useAddress();
  const [opened] = routeOf(path).rest;
  const [adding, setAdding] = useState(false);
  const { names } = useConnections();
  const read = useCallback(
    async (signal: AbortSignal) => {
      const answer = await api.call('GET replays/{id}', { path: { id: project }, signal });
      return 'replays' in answer ? answer.replays : [answer];
    },
    [api, project],
  );
  const { value: replays, problem, reload } = useResource(read, everyMs);
  const shown = replays?.find(({ id }) => id === opened);
  const close = () => navigate(pagePath(project, 'replays'));
  const begun = (id: string) => {
    setAdding(false);
    reload();
    navigate(pagePath(project, 'replays', id));
  };
  return (
    <div className="page-inner">
      <div className="page-head">
        <h1>Replays</h1>
        <span className="grow" />
        {mayEdit && (
          <button type="button" className="button button-main" onClick={() => setAdding(true)}>
            <Icon name="rewind" /> Replay a part of the past
          </button>
        )}
      </div>
      {problem && (
        <p className="banner banner-bad" role="status">
          {problem}
        </p>
      )}
      {replays?.length === 0 && (
        <div className="empty">
          <p>
            <strong>Nothing has been replayed.</strong>
          </p>
          <p className="dim">
            After a change of the parsers, kept raw events can be read again: only compared with what is stored, or
            applied to it. Live lines and alerts are not touched.
          </p>
        </div>
      )}
      {replays && replays.length > 0 && (
        <ul className="item-list">
          {replays.map((replay) => (
            <ReplayRow key={replay.id} replay={replay} names={names} />
          ))}
        </ul>
      )}
      {opened !== undefined && replays && !shown && <p className="banner banner-warn">There is no replay {opened}.</p>}
      {shown && (
        <ReplayDialog key={shown.id} replay={shown} names={names} onChanged={reload} onBegun={begun} onClose={close} />
      )}
      {adding && <ReplayForm onClose={() => setAdding(false)} onDone={begun} />}
    </div>
  );
}

function ReplayRow({ replay, names }: { readonly replay: Replay; readonly names: ReadonlyMap<string, string> }) {
  const { project } = useApp();
  const { connection_ids: ids } = replay;
  return (
    <li className="replay">
      <div className="item-what">
        <Link className="item-name" to={pagePath(project, 'replays', replay.id)}>
          {rangeText(replay)}
        </Link>
        <span className="dim item-line">
          {ids.length === 0 ? 'all sources' : ids.map((id) => connectionName(names, id)).join(', ')} ·{' '}
          {replay.mode === 'shadow' ? 'compared only' : 'applied'} · by {replay.created_by} at{' '}
          {shortMoment(replay.created_at)}
        </span>
      </div>
      <ReplayStatus replay={replay} />
      {isOver(replay) ? (
        <span className="dim number">{count(replay.progress.matched)} events</span>
      ) : (
        <Progress replay={replay} />
      )}
    </li>
  );
}
