import type { Alert } from '@tailrace/http/contract/generated.ts';
import { useCallback } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { Outcome } from '../ui/loading/outcome.tsx';
import { useAction } from '../ui/loading/use-action.ts';
import { connectionName, useConnections } from '../ui/loading/use-connections.ts';
import { useResource } from '../ui/loading/use-resource.ts';
import { pagePath } from '../ui/route.ts';
import { clockTime, count, shortMoment } from '../ui/text/format.ts';
import { oneLine } from '../ui/text/visible-text.ts';
import { Deliveries } from './deliveries.tsx';
import { measured } from './measured.ts';
import { Severity } from './severity.tsx';

interface AlertDialogProps {
  readonly id: string;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

const resolutions: Readonly<Record<string, string>> = {
  condition_ended: 'its condition no longer holds',
  continued: 'the next alert goes on with it',
  rule_changed: 'its rule was changed',
  rule_disabled: 'its rule was disabled',
  rule_deleted: 'its rule was deleted',
};

/** One alert: what was measured, the lines that made it fire, and who has seen it. */
export function AlertDialog({ id, onChanged, onClose }: AlertDialogProps) {
  const { api } = useApp();
  const read = useCallback(
    async (signal: AbortSignal) => {
      const answer = await api.call('GET alerts/{id}', { path: { id }, signal });
      return 'alerts' in answer ? undefined : answer;
    },
    [api, id],
  );
  const { value: alert, problem, reload } = useResource(read, 5000);
  const action = useAction();
  const { names } = useConnections();
  return (
    <Dialog title={alert?.rule_name ?? 'Alert'} onClose={onClose} side>
      {problem && <p className="banner banner-bad">{problem}</p>}
      {alert && (
        <div className="form">
          <p className="item-tags">
            <Severity severity={alert.severity} />
            <span className={`tag tone-${alert.status === 'open' ? 'bad' : 'good'}`}>{alert.status}</span>
            {alert.group !== null && (
              <span className="tag">
                {alert.group_by} {alert.group_name ?? connectionName(names, alert.group)}
              </span>
            )}
            {alert.late && <span className="tag tone-warn">fired by late lines</span>}
          </p>
          <AlertFacts alert={alert} />
          <div className="form-actions">
            <Link className="button" to={alert.links.live}>
              <Icon name="search" /> Show the log of that time
            </Link>
            {alert.read_at === null ? (
              <button
                type="button"
                className="button"
                disabled={action.busy !== undefined}
                onClick={() =>
                  action.run('Noting it', async () => {
                    await api.call('POST alerts/{id}/read', { path: { id } });
                    reload();
                    onChanged();
                    return undefined;
                  })
                }
              >
                <Icon name="check" /> Mark as read
              </button>
            ) : (
              <span className="dim">
                Read by {alert.read_by} at {shortMoment(alert.read_at)}
              </span>
            )}
          </div>
          <Outcome action={action} />
          <AlertLines alert={alert} names={names} />
          <Deliveries alertId={alert.id} />
        </div>
      )}
    </Dialog>
  );
}

function AlertFacts({ alert }: { readonly alert: Alert }) {
  const { project } = useApp();
  return (
    <dl className="fields">
      <div className="field-row">
        <dt>measured</dt>
        <dd>{measured(alert)}</dd>
      </div>
      <div className="field-row">
        <dt>began</dt>
        <dd>
          {shortMoment(alert.started_at)}, fired at {shortMoment(alert.fired_at)}
        </dd>
      </div>
      {alert.resolved_at !== null && (
        <div className="field-row">
          <dt>ended</dt>
          <dd>
            {shortMoment(alert.resolved_at)}
            {alert.resolution !== null && `: ${resolutions[alert.resolution] ?? alert.resolution}`}
          </dd>
        </div>
      )}
      <div className="field-row">
        <dt>lines</dt>
        <dd>
          {count(alert.matched)} counted, {count(alert.suppressed)} repeats made no alert of their own
        </dd>
      </div>
      {alert.continues !== null && (
        <div className="field-row">
          <dt>goes on with</dt>
          <dd>
            <Link to={pagePath(project, 'alerts', alert.continues)}>the alert before it</Link>
          </dd>
        </div>
      )}
      <div className="field-row">
        <dt>rule</dt>
        <dd>
          <Link to={pagePath(project, 'alerts', 'rules', alert.rule_id)}>{alert.rule_name}</Link>
        </dd>
      </div>
    </dl>
  );
}

function AlertLines({ alert, names }: { readonly alert: Alert; readonly names: ReadonlyMap<string, string> }) {
  const { project } = useApp();
  if (alert.lines.length === 0) return null;
  return (
    <section>
      <h3>Lines that made it fire</h3>
      <ol className="short-lines alert-lines">
        {alert.lines.map((line) => (
          <li key={line.id} className={`level-${line.level ?? 'unset'}`}>
            <Link
              to={`${pagePath(project, 'live')}?${new URLSearchParams({ at: line.timestamp, line: `${line.timestamp}~${line.id}` })}`}
            >
              {clockTime(line.timestamp)}
            </Link>
            <span className="dim">{connectionName(names, line.connection_id)}</span>
            <bdi>{oneLine(line.body)}</bdi>
          </li>
        ))}
      </ol>
    </section>
  );
}
