import type { Connection } from '@tailrace/http/contract/generated.ts';
import { type FormEvent, useMemo, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ConfigFieldInput } from '../ui/form/config-field-input.tsx';
import { type ConfigField, configOf, type FormValues, fieldsOf, formValues } from '../ui/form/config-schema.ts';
import { describedBy, Field } from '../ui/form/field.tsx';
import { type FormLabels, type FormProblems, problemsOf, problemsOfError } from '../ui/form/form-problems.ts';
import { movedSecrets } from '../ui/form/moved-secrets.ts';
import { useFocusProblem } from '../ui/form/use-focus-problem.ts';
import type { Connectors } from './provider.ts';

interface ConnectionFormProps {
  /** The one to edit; a new one when left out. */
  readonly connection?: Connection;
  readonly connectors: Connectors;
  readonly onClose: () => void;
  readonly onDone: (id: string) => void;
  readonly onChanged: () => void;
}

type Provider = Connection['cloud_provider'];

interface Progress {
  readonly doing?: string;
  readonly problems?: FormProblems;
  /** Set when the cloud has answered that all is well. */
  readonly tested?: boolean;
}

/**
 * Adds a connection or edits one, by a form that follows from what the connector says it takes. A new one is created
 * stopped, tested against the cloud, and started only when that went well; until then it can be mended here.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one form; what it does is in hooks and modules, and here is its markup.
export function ConnectionForm({
  connection,
  connectors: { all: connectors, problem },
  onClose,
  onDone,
  onChanged,
}: ConnectionFormProps) {
  const { api, project } = useApp();
  const [chosen, setProvider] = useState<Provider>();
  const [name, setName] = useState(connection?.connection_name ?? '');
  const [written, setWritten] = useState<FormValues>();
  const [saved, setSaved] = useState(connection);
  const [changed, setChanged] = useState(false);
  const [progress, setProgress] = useState<Progress>({});
  const provider = connection?.cloud_provider ?? chosen ?? connectors?.[0]?.cloud_provider;
  const connector = connectors?.find((each) => each.cloud_provider === provider);
  const fields = useMemo(() => (connector ? fieldsOf(connector) : []), [connector]);
  const values = written ?? (connection ? formValues(fields, connection.connection_config) : {});
  const isNew = connection === undefined;
  const moved =
    connector && saved
      ? movedSecrets(connector, saved.secrets_set, saved.connection_config, values)
      : new Map<string, string>();

  const labels: FormLabels = new Map([
    ['connection_name', 'Name'],
    ...fields.map((each) => [`connection_config.${each.name}`, each.label] as const),
  ]);
  const save = async (config: Readonly<Record<string, unknown>>): Promise<Connection> => {
    if (saved === undefined) {
      if (provider === undefined) throw new Error('the kinds of sources are not known yet');
      return api.call('POST connections', {
        body: { project_id: project, connection_name: name, cloud_provider: provider, connection_config: config },
      });
    }
    return api.call('PUT connections/{id}', {
      path: { id: saved.id },
      version: saved.version,
      body: { connection_name: name, connection_config: config },
    });
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const stored = saved?.secrets_set.filter((each) => !moved.has(each));
    const { config, problems } = configOf(fields, values, { stored });
    const wrong = new Map([...problems].map(([field, message]) => [`connection_config.${field}`, message]));
    if (name.trim() === '') wrong.set('connection_name', 'is required');
    if (wrong.size > 0) {
      setProgress({ problems: problemsOf(wrong, labels) });
      return;
    }
    try {
      setProgress({ doing: 'Saving' });
      const current = await save(config);
      setSaved(current);
      setChanged(false);
      onChanged();
      setProgress({ doing: 'Asking the cloud' });
      await api.call('POST connections/{id}/test', { path: { id: current.id } });
      if (!isNew) {
        setProgress({ tested: true });
        onDone(current.id);
        return;
      }
      setProgress({ doing: 'Starting' });
      await api.call('POST connections/{id}/start', { path: { id: current.id } });
      onChanged();
      onDone(current.id);
    } catch (error) {
      setProgress({ problems: problemsOfError(error, labels) });
    }
  };

  const input = (field: ConfigField) => (
    <ConfigFieldInput
      key={field.name}
      field={field}
      value={values[field.name] ?? ''}
      isStored={saved?.secrets_set.includes(field.name) ?? false}
      movedBy={moved.get(field.name)}
      moves={[...moved].flatMap(([secret, by]) => (by === field.name ? [secret] : []))}
      problem={progress.problems?.fields.get(`connection_config.${field.name}`)}
      onChange={(value) => {
        setWritten({ ...values, [field.name]: value });
        setChanged(true);
      }}
    />
  );
  const nameProblem = progress.problems?.fields.get('connection_name');
  const form = useFocusProblem(progress.problems);
  const plain = fields.filter((each) => !each.isAdvanced);
  const advanced = fields.filter((each) => each.isAdvanced);
  const hidden = advanced.some((each) => progress.problems?.fields.has(`connection_config.${each.name}`));
  return (
    <Dialog
      title={isNew ? 'Add a connection' : `Edit ${connection.connection_name}`}
      onClose={onClose}
      isUnsaved={changed}
      side
    >
      <form ref={form} className="form" onSubmit={(event) => void submit(event)} noValidate>
        {problem && <p className="banner banner-bad">{problem}</p>}
        {isNew && saved === undefined && (
          <fieldset className="providers">
            <legend>Cloud</legend>
            {connectors?.map(({ cloud_provider: each, title }) => (
              <label key={each}>
                <input
                  type="radio"
                  name="provider"
                  checked={each === provider}
                  onChange={() => {
                    setProvider(each);
                    setWritten(undefined);
                    setProgress({});
                  }}
                />
                {title}
              </label>
            ))}
          </fieldset>
        )}
        <Field id="connection-name" label="Name" isRequired problem={nameProblem}>
          <input
            {...describedBy('connection-name', nameProblem, true)}
            type="text"
            value={name}
            placeholder="shop production"
            onChange={(event) => {
              setName(event.target.value);
              setChanged(true);
            }}
          />
        </Field>
        {plain.map(input)}
        {advanced.length > 0 && (
          <details open={hidden || undefined}>
            <summary>Settings with a default, endpoints</summary>
            <div className="form-row advanced">{advanced.map(input)}</div>
          </details>
        )}
        <div role="status">
          {progress.doing && <p className="dim">{progress.doing}…</p>}
          {progress.problems && (
            <div className="banner banner-bad">
              <p>{progress.problems.summary}</p>
              {saved && isNew && (
                <p className="dim">
                  It is saved and stays stopped. Mend it here and try again, or close this and do it later.
                </p>
              )}
              {saved && !isNew && (
                <p className="dim">The change is saved all the same, as the connection’s version {saved.version}.</p>
              )}
            </div>
          )}
        </div>
        <div className="form-actions">
          <button
            type="submit"
            className="button button-main"
            disabled={progress.doing !== undefined || connector === undefined}
          >
            {isNew ? 'Test and start' : 'Save and test'}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {saved && isNew ? 'Close' : 'Cancel'}
          </button>
          <span className="dim">Secrets are sealed before they are stored, and never shown again.</span>
        </div>
      </form>
    </Dialog>
  );
}
