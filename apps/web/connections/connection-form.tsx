import { type FormEvent, useCallback, useMemo, useState } from 'react';
import type { Connection } from '../api/generated.ts';
import { ApiError, messageOf } from '../api/http.ts';
import { useApp } from '../ui/app-context.ts';
import { ConfigFieldInput } from '../ui/config-field-input.tsx';
import { type ConfigField, configOf, type FormValues, fieldsOf, formValues } from '../ui/config-schema.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useResource } from '../ui/use-resource.ts';
import { providerNames } from './provider.ts';

interface ConnectionFormProps {
  /** The one to edit; a new one when left out. */
  readonly connection?: Connection;
  readonly onClose: () => void;
  readonly onDone: (id: string) => void;
  readonly onChanged: () => void;
}

type Provider = Connection['cloud_provider'];

interface Progress {
  readonly doing?: string;
  readonly problem?: string;
  readonly fields?: ReadonlyMap<string, string>;
  /** Set when the cloud has answered that all is well. */
  readonly tested?: boolean;
}

/**
 * Adds a connection or edits one, by a form that follows from what the connector says it takes. A new one is created
 * stopped, tested against the cloud, and started only when that went well; until then it can be mended here.
 */
export function ConnectionForm({ connection, onClose, onDone, onChanged }: ConnectionFormProps) {
  const { api, project } = useApp();
  const [provider, setProvider] = useState<Provider>(connection?.cloud_provider ?? 'aws');
  const [name, setName] = useState(connection?.connection_name ?? '');
  const [written, setWritten] = useState<FormValues>();
  const [saved, setSaved] = useState(connection);
  const [progress, setProgress] = useState<Progress>({});
  const read = useCallback(
    async (signal: AbortSignal) => (await api.call('GET connectors', { signal })).connectors,
    [api],
  );
  const { value: connectors, problem } = useResource(read);
  const connector = connectors?.find((each) => each.cloud_provider === provider);
  const fields = useMemo(() => (connector ? fieldsOf(connector) : []), [connector]);
  const values = written ?? (connection ? formValues(fields, connection.connection_config) : {});
  const isNew = connection === undefined;

  const save = async (): Promise<Connection> => {
    const { config, problems } = configOf(fields, values);
    if (problems.size > 0) throw new ApiError(422, '', 'Some fields cannot be read.', prefixed(problems));
    if (saved === undefined) {
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
    try {
      setProgress({ doing: 'Saving' });
      const current = await save();
      setSaved(current);
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
      const fieldProblems = error instanceof ApiError ? error.fields : new Map<string, string>();
      setProgress({ problem: messageOf(error), fields: fieldProblems });
    }
  };

  const input = (field: ConfigField) => (
    <ConfigFieldInput
      key={field.name}
      field={field}
      value={values[field.name] ?? ''}
      isStored={saved?.secrets_set.includes(field.name) ?? false}
      problem={progress.fields?.get(`connection_config.${field.name}`)}
      onChange={(value) => setWritten({ ...values, [field.name]: value })}
    />
  );
  const plain = fields.filter((each) => !each.isAdvanced);
  const advanced = fields.filter((each) => each.isAdvanced);
  const hidden = advanced.some((each) => progress.fields?.has(`connection_config.${each.name}`));
  return (
    <Dialog title={isNew ? 'Add a connection' : `Edit ${connection.connection_name}`} onClose={onClose} side>
      <form className="form" onSubmit={(event) => void submit(event)} noValidate>
        {problem && <p className="banner banner-bad">{problem}</p>}
        {isNew && saved === undefined && (
          <fieldset className="providers">
            <legend>Cloud</legend>
            {connectors?.map(({ cloud_provider: each }) => (
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
                {providerNames[each]}
              </label>
            ))}
          </fieldset>
        )}
        <div className="field">
          <label htmlFor="connection-name">Name</label>
          <input
            id="connection-name"
            type="text"
            value={name}
            placeholder="shop production"
            aria-invalid={progress.fields?.has('connection_name') ?? false}
            aria-describedby="connection-name-problem"
            onChange={(event) => setName(event.target.value)}
          />
          <span id="connection-name-problem" className="field-problem">
            {progress.fields?.get('connection_name')}
          </span>
        </div>
        {plain.map(input)}
        {advanced.length > 0 && (
          <details open={hidden || undefined}>
            <summary>Settings with a default, endpoints</summary>
            <div className="form-row advanced">{advanced.map(input)}</div>
          </details>
        )}
        <div role="status">
          {progress.doing && <p className="dim">{progress.doing}…</p>}
          {progress.problem && (
            <div className="banner banner-bad">
              <p>{progress.problem}</p>
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

function prefixed(problems: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...problems].map(([field, message]) => [`connection_config.${field}`, message]));
}
