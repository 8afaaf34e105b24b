import { type FormEvent, useState } from 'react';
import { ApiError, messageOf } from '../api/http.ts';
import { useApp } from '../ui/app-context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useConnections } from '../ui/use-connections.ts';

interface ReplayFormProps {
  readonly onClose: () => void;
  readonly onDone: (id: string) => void;
}

/** Asks for a replay: which part of time, of which sources, and whether it writes. */
export function ReplayForm({ onClose, onDone }: ReplayFormProps) {
  const { api, project } = useApp();
  const { all: connections } = useConnections();
  const [from, setFrom] = useState('-1h');
  const [to, setTo] = useState('now');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [mode, setMode] = useState<'shadow' | 'apply'>('shadow');
  const [rate, setRate] = useState('');
  const [problem, setProblem] = useState<{ text: string; fields: ReadonlyMap<string, string> }>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { id } = await api.call('POST replays', {
        body: {
          project_id: project,
          from: timeOf(from),
          to: timeOf(to),
          mode,
          ...(chosen.length > 0 && { connection_ids: chosen }),
          ...(rate !== '' && { records_per_second: Number(rate) }),
        },
      });
      onDone(id);
    } catch (error) {
      setProblem({ text: messageOf(error), fields: error instanceof ApiError ? error.fields : new Map() });
      setBusy(false);
    }
  };
  const text = (name: string, label: string, value: string, set: (value: string) => void, help: string) => (
    <div className="field">
      <label htmlFor={`replay-${name}`}>{label}</label>
      <input
        id={`replay-${name}`}
        type="text"
        value={value}
        aria-invalid={problem?.fields.has(name) ?? false}
        onChange={({ target }) => set(target.value)}
      />
      <span className={problem?.fields.has(name) ? 'field-problem' : 'field-help'}>
        {problem?.fields.get(name) ?? help}
      </span>
    </div>
  );
  return (
    <Dialog title="Replay a part of the past" onClose={onClose}>
      <form className="form" onSubmit={(event) => void submit(event)} noValidate>
        <div className="form-row">
          {text('from', 'From', from, setFrom, '-6h, or 2026-01-31 08:00')}
          {text('to', 'To', to, setTo, 'now, -1h, or a time')}
        </div>
        <fieldset className="plain-fieldset checks">
          <legend>Sources (all when none is chosen)</legend>
          {connections?.map(({ id, connection_name }) => (
            <label className="check" key={id}>
              <input
                type="checkbox"
                checked={chosen.includes(id)}
                onChange={({ target }) =>
                  setChosen(target.checked ? [...chosen, id] : chosen.filter((each) => each !== id))
                }
              />
              {connection_name}
            </label>
          ))}
        </fieldset>
        <fieldset className="plain-fieldset form">
          <legend>What it does</legend>
          <label className="check">
            <input type="radio" name="mode" checked={mode === 'shadow'} onChange={() => setMode('shadow')} />
            Compare only: write nothing, show what would differ
          </label>
          <label className="check">
            <input type="radio" name="mode" checked={mode === 'apply'} onChange={() => setMode('apply')} />
            Apply: renew stored lines that an older parser made
          </label>
        </fieldset>
        {text(
          'records_per_second',
          'Events a second, at most',
          rate,
          setRate,
          'As fast as it goes when empty; live lines go first anyway.',
        )}
        {problem && (
          <p className="banner banner-bad" role="alert">
            {problem.text}
          </p>
        )}
        <div className="form-actions">
          <button type="submit" className="button button-main" disabled={busy}>
            {mode === 'shadow' ? 'Compare' : 'Replay'}
          </button>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** A span or `now` as it is; a time in the browser's own time zone where it names none. */
function timeOf(text: string): string {
  const trimmed = text.trim();
  if (!/^\d{4}-\d\d-\d\d/.test(trimmed)) return trimmed;
  const time = new Date(trimmed.replace(' ', 'T'));
  return Number.isNaN(time.getTime()) ? trimmed : time.toISOString();
}
