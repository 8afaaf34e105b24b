import type { Alert } from '@tailrace/http/contract/generated.ts';
import { useCallback, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Link } from '../ui/link.tsx';
import { connectionName, useConnections } from '../ui/loading/use-connections.ts';
import { useResource } from '../ui/loading/use-resource.ts';
import { navigate, pagePath } from '../ui/route.ts';
import { duration, shortMoment } from '../ui/text/format.ts';
import { AlertDialog } from './alert-dialog.tsx';
import { measured } from './measured.ts';
import { Severity } from './severity.tsx';

const everyMs = 4000;
const pageAlerts = 100;

type Status = 'open' | 'resolved' | '';

/** Alerts, newest first; unread ones stand out. */
export function AlertList({ opened }: { readonly opened: string | undefined }) {
  const { api, project } = useApp();
  const [status, setStatus] = useState<Status>('');
  const [unread, setUnread] = useState(false);
  const { names } = useConnections();
  const [limit, setLimit] = useState(pageAlerts);
  const read = useCallback(
    async (signal: AbortSignal) => {
      const answer = await api.call('GET alerts/{id}', {
        path: { id: project },
        query: { limit, ...(status !== '' && { status }), ...(unread && { unread: 'true' }) },
        signal,
      });
      return 'alerts' in answer ? answer : { alerts: [answer], next_cursor: null };
    },
    [api, project, status, unread, limit],
  );
  const { value: page, problem, reload } = useResource(read, everyMs);
  const isNarrowed = status !== '' || unread;
  return (
    <>
      <div className="page-head">
        <h1>Alerts</h1>
        <span className="grow" />
        <select
          className="narrow-select"
          aria-label="Status"
          value={status}
          onChange={({ target }) =>
            setStatus(target.value === 'open' || target.value === 'resolved' ? target.value : '')
          }
        >
          <option value="">Open and resolved</option>
          <option value="open">Open</option>
          <option value="resolved">Resolved</option>
        </select>
        <label className="check">
          <input type="checkbox" checked={unread} onChange={({ target }) => setUnread(target.checked)} />
          unread only
        </label>
      </div>
      {problem && (
        <p className="banner banner-bad" role="status">
          {problem}
        </p>
      )}
      {page?.alerts.length === 0 && (
        <div className="empty">
          <p>
            <strong>{isNarrowed ? 'No such alert.' : 'No alert. All is quiet.'}</strong>
          </p>
          {!isNarrowed && (
            <p className="dim">
              Alerts come from <Link to={pagePath(project, 'alerts', 'rules')}>rules</Link>.
            </p>
          )}
        </div>
      )}
      {page && page.alerts.length > 0 && (
        <ul className="item-list">
          {page.alerts.map((alert) => (
            <AlertRow key={alert.id} alert={alert} names={names} />
          ))}
        </ul>
      )}
      {page?.next_cursor != null && limit < 1000 && (
        <p className="more">
          <button type="button" className="button" onClick={() => setLimit(Math.min(1000, limit * 3))}>
            Earlier alerts
          </button>
        </p>
      )}
      {opened !== undefined && (
        <AlertDialog
          key={opened}
          id={opened}
          onChanged={reload}
          onClose={() => navigate(pagePath(project, 'alerts'))}
        />
      )}
    </>
  );
}

function AlertRow({ alert, names }: { readonly alert: Alert; readonly names: ReadonlyMap<string, string> }) {
  const { project } = useApp();
  const isOpen = alert.status === 'open';
  return (
    <li className={alert.read_at === null ? 'alert is-unread' : 'alert'}>
      <Severity severity={alert.severity} />
      <div className="item-what">
        <Link className="item-name" to={pagePath(project, 'alerts', alert.id)}>
          {alert.rule_name}
          {alert.group !== null && (
            <span className="dim">
              {' '}
              · {alert.group === '' ? `no ${alert.group_by}` : (alert.group_name ?? connectionName(names, alert.group))}
            </span>
          )}
          {alert.read_at === null && <span className="visually-hidden"> (unread)</span>}
        </Link>
        <span className="dim item-line">{alert.lines[0]?.body ?? measured(alert)}</span>
      </div>
      <span className={`tag tone-${isOpen ? 'bad' : 'good'}`}>{isOpen ? 'open' : 'resolved'}</span>
      <span className="number alert-when">
        {shortMoment(alert.started_at)}
        <span className="dim">
          {isOpen
            ? ` for ${duration(Date.now() - Date.parse(alert.started_at))}`
            : ` lasted ${duration(Date.parse(alert.resolved_at ?? alert.started_at) - Date.parse(alert.started_at))}`}
        </span>
      </span>
    </li>
  );
}
