import type { Connection } from '@tailrace/http/contract/generated.ts';
import { type FormEvent, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { Outcome } from '../ui/loading/outcome.tsx';
import { useAction } from '../ui/loading/use-action.ts';
import { shortMoment } from '../ui/text/format.ts';

/** Reads a source again from an earlier time. */
export function Rewind({ connection, onChanged }: { readonly connection: Connection; readonly onChanged: () => void }) {
  const { api } = useApp();
  const [to, setTo] = useState('-6h');
  const action = useAction();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run('Rewinding', async () => {
      const answer = await api.call('POST connections/{id}/rewind', {
        path: { id: connection.id },
        body: { to: to.trim() },
      });
      onChanged();
      return `Accepted: it is read again from ${shortMoment(answer.to)}.`;
    });
  };
  return (
    <section>
      <h3>Rewind</h3>
      <form className="inline rewind" onSubmit={submit}>
        <input type="text" aria-label="Rewind to" value={to} onChange={({ target }) => setTo(target.value)} />
        <button type="submit" className="button" disabled={action.busy !== undefined}>
          <Icon name="rewind" /> Read again from there
        </button>
      </form>
      <p className="dim">
        A span such as -6h, or a time with its zone. Stored lines are renewed; viewers and alerts do not see them again.
      </p>
      <Outcome action={action} />
    </section>
  );
}
