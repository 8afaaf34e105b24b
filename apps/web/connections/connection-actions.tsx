import type { Connection } from '@tailrace/http/contract/generated.ts';
import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { Outcome } from '../ui/loading/outcome.tsx';
import { useAction } from '../ui/loading/use-action.ts';

interface ConnectionActionsProps {
  readonly connection: Connection;
  readonly onChanged: () => void;
}

/** Start, pause, stop, test. */
export function ConnectionActions({ connection, onChanged }: ConnectionActionsProps) {
  const { api, mayEdit } = useApp();
  const action = useAction();
  if (!mayEdit) return null;
  const path = { id: connection.id };
  const change = (name: string, operation: 'start' | 'pause' | 'stop') =>
    action.run(name, async () => {
      await api.call(`POST connections/{id}/${operation}`, { path });
      onChanged();
      return undefined;
    });
  const runs = connection.desired_state === 'running';
  return (
    <div className="connection-actions">
      {runs ? (
        <button
          type="button"
          className="button button-small"
          disabled={action.busy !== undefined}
          onClick={() => change('Pausing', 'pause')}
        >
          <Icon name="pause" /> Pause
        </button>
      ) : (
        <button
          type="button"
          className="button button-small"
          disabled={action.busy !== undefined}
          onClick={() => change('Starting', 'start')}
        >
          <Icon name="play" /> Start
        </button>
      )}
      {connection.desired_state !== 'stopped' && (
        <button
          type="button"
          className="button button-small"
          disabled={action.busy !== undefined}
          onClick={() => change('Stopping', 'stop')}
        >
          <Icon name="stop" /> Stop
        </button>
      )}
      <button
        type="button"
        className="button button-small"
        disabled={action.busy !== undefined}
        onClick={() =>
          action.run('Asking the cloud', async () => (await api.call('POST connections/{id}/test', { path })).message)
        }
      >
        <Icon name="check" /> Test
      </button>
      <Outcome action={action} />
    </div>
  );
}
