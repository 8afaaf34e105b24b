import type { Channel } from '@tailrace/http/contract/generated.ts';
import { type FormEvent, useCallback, useMemo, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ConfigFieldInput } from '../ui/form/config-field-input.tsx';
import { configOf, type FormValues, fieldsOf, formValues } from '../ui/form/config-schema.ts';
import { describedBy, Field } from '../ui/form/field.tsx';
import { type FormLabels, type FormProblems, problemsOf, problemsOfError } from '../ui/form/form-problems.ts';
import { movedSecrets } from '../ui/form/moved-secrets.ts';
import { useFocusProblem } from '../ui/form/use-focus-problem.ts';
import { useResource } from '../ui/loading/use-resource.ts';

interface ChannelFormProps {
  /** The one to edit; a new one when left out. */
  readonly channel?: Channel;
  readonly onClose: () => void;
}

/** Adds a channel or edits one, by a form that follows from what its type says it takes. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one form; what it does is in hooks and modules, and here is its markup.
export function ChannelForm({ channel, onClose }: ChannelFormProps) {
  const { api, project } = useApp();
  const [picked, setType] = useState<string>();
  const [name, setName] = useState(channel?.channel_name ?? '');
  const [written, setWritten] = useState<FormValues>();
  const [problem, setProblem] = useState<FormProblems>();
  const [changed, setChanged] = useState(false);
  const [busy, setBusy] = useState(false);
  const read = useCallback(
    async (signal: AbortSignal) => (await api.call('GET channel-types', { signal })).channel_types,
    [api],
  );
  const { value: types } = useResource(read);
  const type = channel?.channel_type ?? picked ?? types?.[0]?.channel_type ?? '';
  const chosen = types?.find((each) => each.channel_type === type);
  const fields = useMemo(() => (chosen ? fieldsOf(chosen) : []), [chosen]);
  const values = written ?? (channel ? formValues(fields, channel.channel_config) : {});
  const moved =
    chosen && channel
      ? movedSecrets(chosen, channel.secrets_set, channel.channel_config, values)
      : new Map<string, string>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const labels: FormLabels = new Map([
      ['channel_name', 'Name'],
      ...fields.map((each) => [`channel_config.${each.name}`, each.label] as const),
    ]);
    const stored = channel?.secrets_set.filter((each) => !moved.has(each));
    const { config, problems } = configOf(fields, values, { stored });
    const wrong = new Map([...problems].map(([field, message]) => [`channel_config.${field}`, message]));
    if (name.trim() === '') wrong.set('channel_name', 'is required');
    if (wrong.size > 0) {
      setProblem(problemsOf(wrong, labels));
      return;
    }
    setBusy(true);
    try {
      if (channel) {
        await api.call('PUT channels/{id}', {
          path: { id: channel.id },
          version: channel.version,
          body: { channel_name: name, channel_config: config },
        });
      } else {
        await api.call('POST channels', {
          body: { project_id: project, channel_name: name, channel_type: type, channel_config: config },
        });
      }
      onClose();
    } catch (error) {
      setProblem(problemsOfError(error, labels));
      setBusy(false);
    }
  };
  const nameProblem = problem?.fields.get('channel_name');
  const form = useFocusProblem(problem);
  return (
    <Dialog title={channel ? `Edit ${channel.channel_name}` : 'Add a channel'} onClose={onClose} isUnsaved={changed}>
      <form ref={form} className="form" onSubmit={(event) => void submit(event)} noValidate>
        {channel === undefined && (
          <fieldset className="plain-fieldset checks">
            <legend>Type</legend>
            {types?.map(({ channel_type: each }) => (
              <label className="check" key={each}>
                <input
                  type="radio"
                  name="channel-type"
                  checked={each === type}
                  onChange={() => {
                    setType(each);
                    setWritten(undefined);
                    setProblem(undefined);
                  }}
                />
                {each}
              </label>
            ))}
          </fieldset>
        )}
        <Field id="channel-name" label="Name" isRequired problem={nameProblem}>
          <input
            {...describedBy('channel-name', nameProblem, true)}
            type="text"
            value={name}
            onChange={({ target }) => {
              setName(target.value);
              setChanged(true);
            }}
          />
        </Field>
        {fields.map((field) => (
          <ConfigFieldInput
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            isStored={channel?.secrets_set.includes(field.name) ?? false}
            movedBy={moved.get(field.name)}
            moves={[...moved].flatMap(([secret, by]) => (by === field.name ? [secret] : []))}
            problem={problem?.fields.get(`channel_config.${field.name}`)}
            onChange={(value) => {
              setWritten({ ...values, [field.name]: value });
              setChanged(true);
            }}
          />
        ))}
        {problem && (
          <p className="banner banner-bad" role="alert">
            {problem.summary}
          </p>
        )}
        <div className="form-actions">
          <button type="submit" className="button button-main" disabled={busy || chosen === undefined}>
            Save
          </button>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
