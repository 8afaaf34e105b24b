import type { Replay } from '../api/generated.ts';
import { oneLine } from '../live/visible-text.ts';
import { useApp } from '../ui/app-context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { count, shortMoment } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { Outcome } from '../ui/outcome.tsx';
import { pagePath } from '../ui/route.ts';
import { useAction } from '../ui/use-action.ts';
import { connectionName } from '../ui/use-connections.ts';
import { isOver, Progress, ReplayStatus } from './replay-progress.tsx';

interface ReplayDialogProps {
  readonly replay: Replay;
  readonly names: ReadonlyMap<string, string>;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** One replay: how far it is, what came of it, and where today's reading differs from what is stored. */
export function ReplayDialog({ replay, names, onChanged, onClose }: ReplayDialogProps) {
  const { project } = useApp();
  const { progress, connection_ids: ids } = replay;
  const live = `${pagePath(project, 'live')}?${new URLSearchParams({ from: replay.from, to: replay.to })}`;
  return (
    <Dialog title={`${shortMoment(replay.from)} – ${shortMoment(replay.to)}`} onClose={onClose} side>
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
        {replay.differences && <Differences differences={replay.differences} names={names} />}
        <p>
          <Link to={live}>Lines of that time</Link>
        </p>
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
      <button
        type="button"
        className="button button-danger"
        disabled={busy}
        onClick={() => change('Cancelling', 'cancel')}
      >
        <Icon name="close" /> Cancel the replay
      </button>
      <Outcome action={action} />
    </div>
  );
}

interface DifferencesProps {
  readonly differences: NonNullable<Replay['differences']>;
  readonly names: ReadonlyMap<string, string>;
}

/** What today's reading makes different, with examples side by side. */
function Differences({ differences, names }: DifferencesProps) {
  const { unchanged, changed, missing, applicable, fields, examples } = differences;
  return (
    <section>
      <h3>Compared with what is stored</h3>
      <dl className="facts">
        {(
          [
            ['The same', unchanged],
            ['Different', changed],
            ['Not stored', missing],
            ['Apply would write', applicable],
          ] as const
        ).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="number">{count(value)}</dd>
          </div>
        ))}
      </dl>
      {Object.keys(fields).length > 0 && (
        <p className="dim differing">
          {Object.entries(fields)
            .sort(([, a], [, b]) => b - a)
            .map(([field, times]) => `${field} ${count(times)}×`)
            .join(' · ')}
        </p>
      )}
      {examples.map((example) => (
        <table className="data-table difference" key={example.record_id}>
          <caption>
            {shortMoment(example.timestamp)} · {connectionName(names, example.connection_id)} ·{' '}
            {example.kinds.join(', ')}
          </caption>
          <thead>
            <tr>
              <th scope="col">field</th>
              <th scope="col">stored</th>
              <th scope="col">read today</th>
            </tr>
          </thead>
          <tbody>
            {[...new Set([...Object.keys(example.old), ...Object.keys(example.new)])].sort().map((field) => (
              <tr key={field}>
                <th scope="row">{oneLine(field)}</th>
                <td className="was">
                  <bdi>{oneLine(example.old[field] ?? '–')}</bdi>
                </td>
                <td className="is">
                  <bdi>{oneLine(example.new[field] ?? '–')}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </section>
  );
}
