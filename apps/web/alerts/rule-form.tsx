import { type FormEvent, useState } from 'react';
import type { AlertRule } from '../api/generated.ts';
import { ApiError, messageOf } from '../api/http.ts';
import { useApp } from '../ui/app-context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { useConnections } from '../ui/use-connections.ts';
import { BacktestPreview } from './backtest-preview.tsx';
import { bodyOf, draftOf, newDraft, type RuleDraft } from './rule-draft.ts';
import { RuleFields } from './rule-fields.tsx';
import { useChannels } from './use-channels.ts';

interface RuleFormProps {
  /** The one to edit; a new one when left out. */
  readonly rule?: AlertRule;
  readonly onClose: () => void;
}

interface Progress {
  readonly busy?: boolean;
  readonly problem?: string;
  readonly fields?: ReadonlyMap<string, string>;
}

/** Adds a rule or changes one. */
export function RuleForm({ rule: current, onClose }: RuleFormProps) {
  const { api, project, mayEdit } = useApp();
  const { names, idOf } = useConnections();
  const { channels } = useChannels();
  const [written, setWritten] = useState<{ readonly draft: RuleDraft; readonly of: AlertRule | undefined }>();
  const [progress, setProgress] = useState<Progress>({});
  const [deleting, setDeleting] = useState(false);
  // What is written is a change of the rule as it was then: a later version must neither replace it nor be overwritten.
  const rule = written ? written.of : current;
  const draft = written?.draft ?? (rule ? draftOf(rule, (id) => names.get(id) ?? id) : newDraft);

  const made = bodyOf(draft, idOf);
  const attempt = async (work: () => Promise<unknown>) => {
    setProgress({ busy: true });
    try {
      await work();
      onClose();
    } catch (error) {
      setProgress({
        problem: messageOf(error),
        fields: error instanceof ApiError ? error.fields : new Map(),
      });
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if ('problem' in made) {
      setProgress({ problem: made.problem, fields: new Map([['filter', made.problem]]) });
      return;
    }
    void attempt(() =>
      rule
        ? api.call('PUT alert-rules/{id}', { path: { id: rule.id }, version: rule.version, body: made.body })
        : api.call('POST alert-rules', { body: { project_id: project, ...made.body } }),
    );
  };
  return (
    <Dialog title={rule ? rule.name : 'Add a rule'} onClose={onClose} side>
      <form className="form" onSubmit={submit} noValidate>
        <fieldset className="plain-fieldset form" disabled={!mayEdit}>
          <legend className="visually-hidden">Rule</legend>
          <RuleFields
            draft={draft}
            channels={channels ?? []}
            problems={progress.fields ?? new Map()}
            onChange={(part) => setWritten({ draft: { ...draft, ...part }, of: rule })}
          />
        </fieldset>
        <BacktestPreview body={'body' in made ? JSON.stringify(made.body) : undefined} stored={rule} />
        <div role="status">
          {progress.busy && <p className="dim">Saving…</p>}
          {progress.problem && <p className="banner banner-bad">{progress.problem}</p>}
        </div>
        {mayEdit && (
          <div className="form-actions">
            <button type="submit" className="button button-main" disabled={progress.busy ?? false}>
              {rule ? 'Save' : 'Add the rule'}
            </button>
            <button type="button" className="button" onClick={onClose}>
              Cancel
            </button>
            <span className="grow" />
            {rule &&
              (deleting ? (
                <button
                  type="button"
                  className="button button-danger"
                  onClick={() =>
                    void attempt(() =>
                      api.call('DELETE alert-rules/{id}', { path: { id: rule.id }, version: rule.version }),
                    )
                  }
                >
                  Delete it, and resolve its alerts
                </button>
              ) : (
                <button type="button" className="button button-danger" onClick={() => setDeleting(true)}>
                  <Icon name="trash" /> Delete…
                </button>
              ))}
          </div>
        )}
      </form>
    </Dialog>
  );
}
