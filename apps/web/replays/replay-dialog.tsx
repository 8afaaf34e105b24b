import type { Replay } from '@tailrace/http/contract/generated.ts';
import { useApp } from '../ui/app-context.ts';
import { ConfirmedButton } from '../ui/confirmed-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { Outcome } from '../ui/loading/outcome.tsx';
import { useAction } from '../ui/loading/use-action.ts';
import { connectionName } from '../ui/loading/use-connections.ts';
import { pagePath } from '../ui/route.ts';
import { count } from '../ui/text/format.ts';
import { isOfAllKept, rangeText } from './range-text.ts';
import { ReplayDifferences } from './replay-differences.tsx';
import { isOver, Progress, ReplayStatus } from './replay-progress.tsx';

interface ReplayDialogProps {
  readonly replay: Replay;
  readonly names: ReadonlyMap<string, string>;
  readonly onChanged: () => void;
  /** Another replay was begun from this one. */
  readonly onBegun: (id: string) => void;
  readonly onClose: () => void;
}

/** One replay: how far it is, what came of it, and where today's reading differs from what is stored. */
export function ReplayDialog({ replay, names, onChanged, onBegun, onClose }: ReplayDialogProps) {
  const { project } = useApp();
  const { progress, connection_ids: ids } = replay;
  const live = `${pagePath(project, 'live')}?${new URLSearchParams({ from: replay.from, to: replay.to })}`;
  return (
    <Dialog title={rangeText(replay)} onClose={onClose} side>
      <div className="form">
        <p className="item-tags">
          <ReplayStatus replay={replay} />
          <span className="tag">{replay.mode === 'shadow' ? 'compares only' : 'applies'}</span>
          <span className="dim">
            {ids.length === 0 ? 'all sources' : ids.map((id) => connectionName(names, id)).join(', ')}
          </span>
        </p>
        {!isOver(replay) && <Progress replay={replay} />}
        {replay.outcome && (
          <p className={`banner banner-${replay.status === 'failed' ? 'bad' : 'good'}`} role="status">
            {replay.outcome}
          </p>
        )}
        {replay.error && (
          <p className="banner banner-bad">
            {replay.error.message} <span className="dim">({replay.error.code})</span>
          </p>
        )}
        <ReplayActions replay={replay} onChanged={onChanged} />
        <ApplyCompared replay={replay} onBegun={onBegun} />
        <dl className="facts">
          {(
            [
              ['In the range', progress.matched],
              ['Written', progress.written],
              ['Not readable', progress.dead],
              ['Lost to retention', progress.lost],
            ] as const
          ).map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd className="number">{count(value)}</dd>
            </div>
          ))}
        </dl>
        {replay.differences && <ReplayDifferences differences={replay.differences} names={names} />}
        {!isOfAllKept(replay) && (
          <p>
            <Link to={live}>Lines of that time</Link>
          </p>
        )}
      </div>
    </Dialog>
  );
}

function ReplayActions({ replay, onChanged }: Pick<ReplayDialogProps, 'replay' | 'onChanged'>) {
  const { api, mayEdit } = useApp();
  const action = useAction();
  if (!mayEdit || isOver(replay)) return <Outcome action={action} />;
  const change = (name: string, operation: 'pause' | 'resume' | 'cancel') =>
    action.run(name, async () => {
      await api.call(`POST replays/{id}/${operation}`, { path: { id: replay.id } });
      onChanged();
      return undefined;
    });
  const busy = action.busy !== undefined;
  return (
    <div className="form-actions">
      {replay.status === 'paused' ? (
        <button type="button" className="button" disabled={busy} onClick={() => change('Going on', 'resume')}>
          <Icon name="play" /> Go on
        </button>
      ) : (
        <button type="button" className="button" disabled={busy} onClick={() => change('Pausing', 'pause')}>
          <Icon name="pause" /> Pause
        </button>
      )}
      <ConfirmedButton
        label="Cancel the replay…"
        icon="close"
        question={
          replay.mode === 'shadow'
            ? 'Cancel this replay? It cannot go on afterwards; what it has compared so far stays here.'
            : 'Cancel this replay? It cannot go on afterwards, and what it has written stays: the range is then partly renewed.'
        }
        confirm="Cancel it"
        keep="Let it go on"
        disabled={busy}
        onConfirm={() => change('Cancelling', 'cancel')}
      />
      <Outcome action={action} />
    </div>
  );
}

/** Begins the replay that a comparison was made for: the same range and sources, written this time. */
function ApplyCompared({ replay, onBegun }: Pick<ReplayDialogProps, 'replay' | 'onBegun'>) {
  const { api, mayEdit } = useApp();
  const action = useAction();
  const { project_id, connection_ids, from, to, mode, records_per_second, status, differences } = replay;
  if (!mayEdit || mode !== 'shadow' || status !== 'completed' || !differences) return null;
  if (differences.applicable === 0) {
    const isTheSame = differences.changed === 0;
    return (
      <p className="dim">
        {isTheSame
          ? 'There is nothing to apply.'
          : 'There is nothing to apply: what is stored was written by this version of the parsers or a later one.'}
      </p>
    );
  }
  const apply = async () => {
    const { id } = await api.call('POST replays', {
      body: {
        project_id,
        from,
        to,
        mode: 'apply',
        ...(connection_ids.length > 0 && { connection_ids: [...connection_ids] }),
        ...(records_per_second !== null && { records_per_second }),
      },
    });
    onBegun(id);
    return undefined;
  };
  return (
    <div>
      <ConfirmedButton
        label="Apply this…"
        icon="rewind"
        kind="change"
        question={
          <>
            Replay the same range and sources again, and write {count(differences.applicable)} lines as they are read
            today? What stood there before cannot be brought back.
          </>
        }
        confirm="Apply it"
        keep="Leave it as it is"
        disabled={action.busy !== undefined}
        onConfirm={() => action.run('Beginning', apply)}
      />
      <Outcome action={action} />
    </div>
  );
}
