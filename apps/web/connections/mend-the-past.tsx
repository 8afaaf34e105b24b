import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { Outcome } from '../ui/loading/outcome.tsx';
import { useAction } from '../ui/loading/use-action.ts';
import { navigate, pagePath } from '../ui/route.ts';

/** Begins the comparison of a connection's stored lines with what the present rules make of them, and leads to it. */
export function MendThePast({ connectionId }: { readonly connectionId: string }) {
  const { api, project } = useApp();
  const action = useAction();
  const mend = async () => {
    const { id } = await api.call('POST replays', {
      body: { project_id: project, connection_ids: [connectionId], from: 'earliest', to: 'now', mode: 'shadow' },
    });
    navigate(pagePath(project, 'replays', id));
    return undefined;
  };
  return (
    <div className="banner">
      <p>
        Lines that come from now on are read by these rules. Those before were read by the rules of their time: compare
        them first, then apply what you like.
      </p>
      <div className="form-actions">
        <button
          type="button"
          className="button"
          disabled={action.busy !== undefined}
          onClick={() => action.run('Beginning', mend)}
        >
          <Icon name="rewind" /> Mend the past
        </button>
        <Outcome action={action} />
      </div>
    </div>
  );
}
