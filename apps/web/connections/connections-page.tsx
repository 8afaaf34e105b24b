import './connections.css';
import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { useConnections } from '../ui/loading/use-connections.ts';
import { navigate, pagePath, routeOf, useAddress } from '../ui/route.ts';
import { ConnectionDialog } from './connection-dialog.tsx';
import { ConnectionForm } from './connection-form.tsx';
import { ConnectionRow } from './connection-row.tsx';
import { NoSource } from './no-source.tsx';
import { useConnectors } from './provider.ts';

const everyMs = 3000;

/** The project's sources: how each does, and all that can be done with it. */
export function ConnectionsPage() {
  const { project, mayEdit } = useApp();
  const { path } = useAddress();
  const [rest] = routeOf(path).rest;
  const adding = rest === 'new' && mayEdit;
  const opened = adding ? undefined : rest;
  const { all: connections, problem, reload } = useConnections(everyMs);
  const connectors = useConnectors();
  const shown = connections?.find(({ id }) => id === opened);
  const close = () => navigate(pagePath(project, 'connections'));
  return (
    <div className="page-inner">
      <div className="page-head">
        <h1>Connections</h1>
        <span className="grow" />
        {mayEdit ? (
          connections?.length !== 0 && (
            <Link className="button button-main" to={pagePath(project, 'connections', 'new')}>
              <Icon name="plus" /> Add a connection
            </Link>
          )
        ) : (
          <span className="dim">Your token is read-only.</span>
        )}
      </div>
      {problem && (
        <p className="banner banner-bad" role="status">
          {problem} {connections && 'What is shown is of before.'}
        </p>
      )}
      {connections?.length === 0 && <NoSource />}
      <ul className="connection-list">
        {connections?.map((connection) => (
          <ConnectionRow key={connection.id} connection={connection} connectors={connectors} onChanged={reload} />
        ))}
      </ul>
      {opened !== undefined && connections && !shown && (
        <p className="banner banner-warn">There is no connection {opened}.</p>
      )}
      {shown && <ConnectionDialog connection={shown} connectors={connectors} onChanged={reload} onClose={close} />}
      {adding && (
        <ConnectionForm
          connectors={connectors}
          onClose={close}
          onDone={(id) => {
            reload();
            navigate(pagePath(project, 'connections', id));
          }}
          onChanged={reload}
        />
      )}
    </div>
  );
}
