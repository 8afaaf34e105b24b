import { ApiError } from '@tailrace/http/client/api-error.ts';
import type { Notification } from '@tailrace/http/contract/generated.ts';
import { useCallback } from 'react';
import type { Tone } from '../connections/connection-state.ts';
import { useApp } from '../ui/app-context.ts';
import { Outcome } from '../ui/loading/outcome.tsx';
import { useAction } from '../ui/loading/use-action.ts';
import { useResource } from '../ui/loading/use-resource.ts';
import { shortMoment } from '../ui/text/format.ts';
import { oneLine } from '../ui/text/visible-text.ts';

const tones: Readonly<Record<Notification['status'], Tone>> = { pending: 'warn', sent: 'good', failed: 'bad' };
const everyMs = 4000;

/** What was sent about an alert, where, and how that went. */
export function Deliveries({ alertId }: { readonly alertId: string }) {
  const { api } = useApp();
  const read = useCallback(
    async (signal: AbortSignal): Promise<readonly Notification[]> => {
      try {
        const path = { id: alertId };
        return (await api.call('GET alerts/{id}/notifications', { path, signal })).notifications;
      } catch (error) {
        // No channel was to be notified of it.
        if (error instanceof ApiError && error.status === 404) return [];
        throw error;
      }
    },
    [api, alertId],
  );
  const { value: notifications, problem, reload } = useResource(read, everyMs);
  return (
    <section>
      <h3>Notifications</h3>
      {problem && <p className="banner banner-bad">{problem}</p>}
      {notifications?.length === 0 && <p className="dim">In the page only.</p>}
      <ul>
        {notifications?.map((each) => (
          <Delivery key={each.id} notification={each} onChanged={reload} />
        ))}
      </ul>
    </section>
  );
}

function Delivery({
  notification,
  onChanged,
}: {
  readonly notification: Notification;
  readonly onChanged: () => void;
}) {
  const { api, mayEdit } = useApp();
  const action = useAction();
  const {
    id,
    channel_name,
    channel_type,
    channel_id,
    transition,
    status,
    attempts,
    sent_at,
    next_attempt_at,
    last_answer,
  } = notification;
  return (
    <li className="delivery">
      <span className={`tag tone-${tones[status]}`}>{status}</span>
      <div>
        <strong>{channel_name ?? `deleted channel …${channel_id.slice(-6)}`}</strong>{' '}
        <span className="dim">
          {channel_type} · {transition} · {attempts} {attempts === 1 ? 'attempt' : 'attempts'}
          {sent_at !== null && ` · ${shortMoment(sent_at)}`}
          {status === 'pending' && next_attempt_at !== null && ` · next at ${shortMoment(next_attempt_at)}`}
          {notification.grouped_into !== null && ' · sent with others in one message'}
        </span>
        {last_answer !== null && (
          <p className="dim">
            <bdi>{oneLine(last_answer)}</bdi>
          </p>
        )}
        <Outcome action={action} />
      </div>
      {mayEdit && status !== 'pending' && (
        <button
          type="button"
          className="button button-small"
          disabled={action.busy !== undefined}
          onClick={() =>
            action.run('Sending again', async () => {
              await api.call('POST notifications/{id}/resend', { path: { id } });
              onChanged();
              return undefined;
            })
          }
        >
          Send again
        </button>
      )}
    </li>
  );
}
