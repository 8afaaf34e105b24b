import { type FormEvent, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { describedBy, Field } from '../ui/form/field.tsx';
import { type FormLabels, type FormProblems, problemsOf, problemsOfError } from '../ui/form/form-problems.ts';
import { useFocusProblem } from '../ui/form/use-focus-problem.ts';
import { useConnections } from '../ui/loading/use-connections.ts';

interface ReplayFormProps {
  readonly onClose: () => void;
  readonly onDone: (id: string) => void;
}

const labels: FormLabels = new Map([
  ['from', 'From'],
  ['to', 'To'],
  ['connection_ids', 'Sources'],
  ['records_per_second', 'Events a second, at most'],
]);

/** Asks for a replay: which part of time, of which sources, and whether it writes. */
export function ReplayForm({ onClose, onDone }: ReplayFormProps) {
  const { api, project } = useApp();
  const { all: connections } = useConnections();
  const [from, setFrom] = useState('-1h');
  const [to, setTo] = useState('now');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [mode, setMode] = useState<'shadow' | 'apply'>('shadow');
  const [rate, setRate] = useState('');
  const [problem, setProblem] = useState<FormProblems>();
  const [busy, setBusy] = useState(false);
  const [changed, setChanged] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const wrong = new Map<string, string>();
    if (from.trim() === '') wrong.set('from', 'is required');
    if (to.trim() === '') wrong.set('to', 'is required');
    if (rate.trim() !== '' && !(Number(rate) > 0)) wrong.set('records_per_second', 'must be a number above 0');
    if (wrong.size > 0) {
      setProblem(problemsOf(wrong, labels));
      return;
    }
    setBusy(true);
    try {
      const { id } = await api.call('POST replays', {
        body: {
          project_id: project,
          from: timeOf(from),
          to: timeOf(to),
          mode,
          ...(chosen.length > 0 && { connection_ids: chosen }),
          ...(rate.trim() !== '' && { records_per_second: Number(rate) }),
        },
      });
      onDone(id);
    } catch (error) {
      setProblem(problemsOfError(error, labels));
      setBusy(false);
    }
  };
  const form = useFocusProblem(problem);
  const text = (
    name: string,
    value: string,
    set: (value: string) => void,
    help: string,
    label = labels.get(name) ?? name,
  ) => (
    <Field
      id={`replay-${name}`}
      label={label}
      isRequired={name !== 'records_per_second'}
      problem={problem?.fields.get(name)}
      help={help}
    >
      <input
        {...describedBy(`replay-${name}`, problem?.fields.get(name), name !== 'records_per_second')}
        type="text"
        value={value}
        onChange={({ target }) => {
          set(target.value);
          setChanged(true);
        }}
      />
    </Field>
  );
  return (
    <Dialog title="Replay a part of the past" onClose={onClose} isUnsaved={changed}>
      <form ref={form} className="form" onSubmit={(event) => void submit(event)} noValidate>
        <div className="form-row">
          {text('from', from, setFrom, '-6h, or 2026-01-31 08:00')}
          {text('to', to, setTo, 'now, -1h, or a time')}
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
        {text('records_per_second', rate, setRate, 'As fast as it goes when empty; live lines go first anyway.')}
        {problem && (
          <p className="banner banner-bad" role="alert">
            {problem.summary}
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
