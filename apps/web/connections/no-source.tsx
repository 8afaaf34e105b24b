import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { pagePath } from '../ui/route.ts';

/** What a project without a connection shows in place of lines: how it gets some. */
export function NoSource() {
  const { project, mayEdit } = useApp();
  return (
    <div className="empty">
      <p>
        <strong>No source yet.</strong>
      </p>
      <p className="dim">
        Add an AWS log group, an Azure workspace or a Google Cloud log, and its lines come in live.
        {!mayEdit && ' Your token is read-only: ask somebody who may edit this project.'}
      </p>
      {mayEdit && (
        <p>
          <Link className="button button-main" to={pagePath(project, 'connections', 'new')}>
            <Icon name="plus" /> Add a connection
          </Link>
        </p>
      )}
    </div>
  );
}
