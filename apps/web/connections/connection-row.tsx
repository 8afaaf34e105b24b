import type { Connection } from '@tailrace/http/contract/generated.ts';
import { healthOf } from '../live/status/source-health.ts';
import { useApp } from '../ui/app-context.ts';
import { Link } from '../ui/link.tsx';
import { pagePath } from '../ui/route.ts';
import { duration, shortMoment } from '../ui/text/format.ts';
import { ConnectionActions } from './connection-actions.tsx';
import { toneOf } from './connection-state.ts';
import { type Connectors, providerTitle, sourceOf } from './provider.ts';

interface ConnectionRowProps {
  readonly connection: Connection;
  readonly connectors: Connectors;
  readonly onChanged: () => void;
}

/** One connection in the list: whether it does well, how far it is, what is wrong, and what to do about it. */
export function ConnectionRow({ connection, connectors, onChanged }: ConnectionRowProps) {
  const { project } = useApp();
  const { status } = connection;
  const { tone, words, reason, help } = healthOf(connection, undefined, Date.now());
  const state = status?.state ?? connection.desired_state;
  const behind = status !== null && status.applied_version < connection.version;
  const error = status?.last_error && toneOf(state) !== 'good' ? status.last_error : undefined;
  return (
    <li className={`connection tone-${tone}`}>
      <div className="connection-main">
        <span className="dot" />
        <Link className="connection-name" to={pagePath(project, 'connections', connection.id)}>
          {connection.connection_name}
        </Link>
        <span className={`tag tone-${tone}`}>{words}</span>
        {behind && <span className="tag">change under way</span>}
        <span className="dim connection-source">
          {providerTitle(connectors, connection.cloud_provider)} · {sourceOf(connectors, connection)}
        </span>
      </div>
      <dl className="connection-facts">
        <div>
          <dt>lag</dt>
          <dd className="number">{status?.lag_ms == null ? '–' : duration(status.lag_ms)}</dd>
        </div>
        <div>
          <dt>complete up to</dt>
          <dd className="number">{status?.complete_up_to ? shortMoment(status.complete_up_to) : '–'}</dd>
        </div>
        <div>
          <dt>last event</dt>
          <dd className="number">{status?.last_event_time ? shortMoment(status.last_event_time) : '–'}</dd>
        </div>
      </dl>
      <ConnectionActions connection={connection} onChanged={onChanged} />
      {error && <LastError error={error} />}
      {!error && reason !== undefined && (
        <p className={`connection-error banner banner-${tone === 'bad' ? 'bad' : 'warn'}`}>
          {reason} {help}
        </p>
      )}
    </li>
  );
}

/** What went wrong last, in plain words, and what to do about it. */
export function LastError({ error }: { readonly error: NonNullable<NonNullable<Connection['status']>['last_error']> }) {
  return (
    <div className="connection-error banner banner-bad">
      <p>
        <strong>{error.message}</strong>
      </p>
      {error.help && <p>{error.help}</p>}
      <p className="dim">
        {shortMoment(error.at)} · {error.code}
        {error.retry_at && ` · tried again at ${shortMoment(error.retry_at)}`}
      </p>
    </div>
  );
}
