import './connections.css';
import { useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { navigate, pagePath, routeOf, useAddress } from '../ui/route.ts';
import { useConnections } from '../ui/use-connections.ts';
import { ConnectionDialog } from './connection-dialog.tsx';
import { ConnectionForm } from './connection-form.tsx';
import { ConnectionRow } from './connection-row.tsx';

const everyMs = 3000;

/** The project's sources: how each does, and all that can be done with it. */
export function ConnectionsPage() {
  const { project, mayEdit } = useApp();
  const { path } = useAddress();
  const [opened] = routeOf(path).rest;
  const [adding, setAdding] = useState(false);
  const { all: connections, problem, reload } = useConnections(everyMs);
  const shown = connections?.find(({ id }) => id === opened);
  const close = () => navigate(pagePath(project, 'connections'));
  return (
    <div className="page-inner">
      <div className="page-head">
        <h1>Connections</h1>
        <span className="grow" />
        {mayEdit ? (
          <button type="button" className="button button-main" onClick={() => setAdding(true)}>
            <Icon name="plus" /> Add a connection
          </button>
        ) : (
          <span className="dim">Your token lets you look, not change.</span>
        )}
      </div>
      {problem && (
        <p className="banner banner-bad" role="status">
          {problem} {connections && 'What is shown is of before.'}
        </p>
      )}
      {connections?.length === 0 && (
        <div className="empty">
          <p>
            <strong>No source yet.</strong>
          </p>
          <p className="dim">
            Add an AWS log group, an Azure workspace or a Google Cloud log, and its lines come in live.
          </p>
        </div>
      )}
      <ul className="connection-list">
        {connections?.map((connection) => (
          <ConnectionRow key={connection.id} connection={connection} onChanged={reload} />
        ))}
      </ul>
      {opened !== undefined && connections && !shown && (
        <p className="banner banner-warn">There is no connection {opened}.</p>
      )}
      {shown && <ConnectionDialog connection={shown} onChanged={reload} onClose={close} />}
      {adding && (
        <ConnectionForm
          onClose={() => setAdding(false)}
          onDone={(id) => {
            setAdding(false);
            reload();
            navigate(pagePath(project, 'connections', id));
          }}
          onChanged={reload}
        />
      )}
    </div>
  );
}
