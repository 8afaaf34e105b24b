import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import type { Connection } from '@tailrace/http/contract/generated.ts';
import { useCallback, useState } from 'react';
import { healthOf } from '../live/status/source-health.ts';
import { useApp } from '../ui/app-context.ts';
import { ConfirmedButton } from '../ui/confirmed-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Outcome } from '../ui/loading/outcome.tsx';
import { useAction } from '../ui/loading/use-action.ts';
import { useResource } from '../ui/loading/use-resource.ts';
import { bytes, count, duration, shortMoment } from '../ui/text/format.ts';
import { ConnectionActions } from './connection-actions.tsx';
import { ConnectionForm } from './connection-form.tsx';
import { LastError } from './connection-row.tsx';
import { Lateness } from './lateness.tsx';
import { Parsing } from './parsing.tsx';
import { ParsingEditor } from './parsing-editor.tsx';
import { type Connectors, providerTitle } from './provider.ts';
import { Rewind } from './rewind.tsx';

interface ConnectionDialogProps {
  readonly connection: Connection;
  readonly connectors: Connectors;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

const everyMs = 3000;

/** All of one connection. */
export function ConnectionDialog({ connection, connectors, onChanged, onClose }: ConnectionDialogProps) {
  const { api, mayEdit } = useApp();
  const [editing, setEditing] = useState(false);
  const [parsing, setParsing] = useState(false);
  const { id, status, secrets_set } = connection;
  const read = useCallback(
    (signal: AbortSignal) => api.call('GET connections/{id}/stats', { path: { id }, signal }),
    [api, id],
  );
  const { value: stats } = useResource(read, everyMs);
  const { tone, words, reason, help } = healthOf(connection, undefined, Date.now());
  if (editing) {
    return (
      <ConnectionForm
        connection={connection}
        connectors={connectors}
        onClose={() => setEditing(false)}
        onDone={() => setEditing(false)}
        onChanged={onChanged}
      />
    );
  }
  if (parsing) {
    return <ParsingEditor connection={connection} onClose={() => setParsing(false)} onChanged={onChanged} />;
  }
  return (
    <Dialog title={connection.connection_name} onClose={onClose} side>
      <div className="form">
        <p>
          <span className={`tag tone-${tone}`}>
            <span className="dot" />
            {words}
          </span>{' '}
          <span className="dim">
            {status && `since ${shortMoment(status.state_since)} · `}
            {providerTitle(connectors, connection.cloud_provider)} · {id}
          </span>
        </p>
        {status?.last_error && <LastError error={status.last_error} />}
        {!status?.last_error && reason !== undefined && (
          <p className="banner banner-warn">
            {reason} {help}
          </p>
        )}
        <div className="form-actions">
          <ConnectionActions connection={connection} onChanged={onChanged} />
          {mayEdit && (
            <button type="button" className="button button-small" onClick={() => setEditing(true)}>
              <Icon name="edit" /> Edit
            </button>
          )}
          {mayEdit && (
            <button type="button" className="button button-small" onClick={() => setParsing(true)}>
              <Icon name="search" /> Parsing rules
            </button>
          )}
        </div>
        {connection.rewind && <RewindState rewind={connection.rewind} />}
        {stats && <Stats stats={stats} />}
        {stats && <Lateness stats={stats} />}
        <Parsing connection={connection} />
        <section>
          <h3>Configuration</h3>
          <dl className="fields">
            {Object.entries(connection.connection_config).map(([name, value]) => (
              <div className="field-row" key={name}>
                <dt>{name}</dt>
                <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
            {secrets_set.map((name) => (
              <div className="field-row" key={name}>
                <dt>{name}</dt>
                <dd className="dim">sealed, never shown</dd>
              </div>
            ))}
          </dl>
        </section>
        {mayEdit && connection.desired_state === 'running' && <Rewind connection={connection} onChanged={onChanged} />}
        {mayEdit && <Delete connection={connection} onDeleted={onChanged} onClose={onClose} />}
      </div>
    </Dialog>
  );
}

function RewindState({ rewind }: { readonly rewind: NonNullable<Connection['rewind']> }) {
  const { to, state, events, position, finished_at, reason } = rewind;
  const how = {
    pending: 'about to begin',
    running: position === null ? 'reading' : `has come to ${shortMoment(position)}`,
    finished: finished_at === null ? 'finished' : `finished at ${shortMoment(finished_at)}`,
  }[state];
  return (
    <p className={`banner ${state === 'finished' ? 'banner-good' : 'banner-warn'}`} role="status">
      Rewind to {shortMoment(to)}: {how}, {count(events)} events.{reason !== null && ` ${reason}`}
    </p>
  );
}

function Stats({ stats }: { readonly stats: AnswerOf<'GET connections/{id}/stats'> }) {
  const facts: readonly (readonly [label: string, value: string, hint?: string])[] = [
    ['Lag', stats.lag_ms === null ? '–' : duration(stats.lag_ms), 'how far reading is behind now'],
    [
      'Complete up to',
      stats.complete_up_to ? shortMoment(stats.complete_up_to) : '–',
      'all earlier events have been read',
    ],
    ['Events', count(stats.events), `${stats.events_per_second.toFixed(1)} a second over the last minute`],
    ['Volume', bytes(stats.bytes), `${count(stats.requests)} requests`],
    ['Errors', count(stats.errors), `${count(stats.throttles)} throttled`],
    [
      'Late',
      count(stats.late_events),
      stats.late_events > 0 ? 'raise the visibility bound' : 'beyond the visibility bound',
    ],
    ['Skipped', count(stats.skipped_events), 'before the start'],
  ];
  return (
    <dl className="facts">
      {facts.map(([label, value, hint]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="number">{value}</dd>
          <dd className="dim">{hint}</dd>
        </div>
      ))}
    </dl>
  );
}

function Delete({
  connection,
  onDeleted,
  onClose,
}: {
  readonly connection: Connection;
  readonly onDeleted: () => void;
  readonly onClose: () => void;
}) {
  const { api } = useApp();
  const action = useAction();
  return (
    <div>
      <ConfirmedButton
        label="Delete…"
        question={
          <>
            Delete <strong>{connection.connection_name}</strong> and its credentials? Its logs stay until their
            retention.
          </>
        }
        confirm="Delete it"
        disabled={action.busy !== undefined}
        onConfirm={() =>
          action.run('Deleting', async () => {
            await api.call('DELETE connections/{id}', { path: { id: connection.id }, version: connection.version });
            onDeleted();
            onClose();
            return undefined;
          })
        }
      />
      <Outcome action={action} />
    </div>
  );
}
