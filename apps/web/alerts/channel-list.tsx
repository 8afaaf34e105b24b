import type { Channel } from '@tailrace/http/contract/generated.ts';
import { useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { ConfirmedButton } from '../ui/confirmed-button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Outcome } from '../ui/loading/outcome.tsx';
import { useAction } from '../ui/loading/use-action.ts';
import { ChannelForm } from './channel-form.tsx';
import { useChannels } from './use-channels.ts';

/** Where people are notified: mail, Slack, Jira, a webhook. */
export function ChannelList() {
  const { mayEdit } = useApp();
  const [editing, setEditing] = useState<Channel | 'new'>();
  const { channels, problem, reload } = useChannels();
  return (
    <>
      <div className="page-head">
        <h1>Channels</h1>
        <span className="grow" />
        {mayEdit && (
          <button type="button" className="button button-main" onClick={() => setEditing('new')}>
            <Icon name="plus" /> Add a channel
          </button>
        )}
      </div>
      {problem && <p className="banner banner-bad">{problem}</p>}
      {channels?.length === 0 && (
        <div className="empty">
          <p>
            <strong>No channel yet.</strong>
          </p>
          <p className="dim">Alerts show up here in any case. A channel also sends them to where people are.</p>
        </div>
      )}
      {channels && channels.length > 0 && (
        <ul className="item-list">
          {channels.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} onEdit={() => setEditing(channel)} onChanged={reload} />
          ))}
        </ul>
      )}
      {editing && (
        <ChannelForm
          {...(editing !== 'new' && { channel: editing })}
          onClose={() => {
            setEditing(undefined);
            // Somebody else may have changed it: the next form begins with what is true now.
            reload();
          }}
        />
      )}
    </>
  );
}

interface ChannelRowProps {
  readonly channel: Channel;
  readonly onEdit: () => void;
  readonly onChanged: () => void;
}

function ChannelRow({ channel, onEdit, onChanged }: ChannelRowProps) {
  const { api, mayEdit } = useApp();
  const action = useAction();
  const path = { id: channel.id };
  const busy = action.busy !== undefined;
  return (
    <li className="channel">
      <div className="item-what">
        <strong>{channel.channel_name}</strong>
        <span className="dim item-line">
          {channel.channel_type} · {settingsWords(channel)}
        </span>
      </div>
      {mayEdit && (
        <div className="form-actions">
          <button
            type="button"
            className="button button-small"
            disabled={busy}
            onClick={() =>
              action.run('Sending', async () => (await api.call('POST channels/{id}/test', { path })).message)
            }
          >
            <Icon name="bell" /> Send a test
          </button>
          <button type="button" className="button button-small" onClick={onEdit}>
            <Icon name="edit" /> Edit
          </button>
          <ConfirmedButton
            label="Delete…"
            question={
              <>
                Delete <strong>{channel.channel_name}</strong> and its secrets? It is kept while a rule notifies it.
              </>
            }
            confirm="Delete it"
            small
            disabled={busy}
            onConfirm={() =>
              action.run('Deleting', async () => {
                await api.call('DELETE channels/{id}', { path, version: channel.version }).finally(onChanged);
                return undefined;
              })
            }
          />
        </div>
      )}
      <Outcome action={action} />
    </li>
  );
}

/** The settings that are no secrets, in a line. */
function settingsWords({ channel_config, secrets_set }: Channel): string {
  const settings = Object.values(channel_config).map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value),
  );
  return [...settings, ...secrets_set.map((name) => `${name} sealed`)].join(' · ');
}
