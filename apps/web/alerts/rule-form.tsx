import type { AlertRule } from '@tailrace/http/contract/generated.ts';
import { type FormEvent, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { ConfirmedButton } from '../ui/confirmed-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { type FormProblems, problemsOf, problemsOfError } from '../ui/form/form-problems.ts';
import { useFocusProblem } from '../ui/form/use-focus-problem.ts';
import { useConnections } from '../ui/loading/use-connections.ts';
import { BacktestPreview } from './backtest-preview.tsx';
import { bodyOf, draftOf, kindOf, newDraft, type RuleDraft, type RuleKind } from './rule-draft.ts';
import { RuleFields } from './rule-fields.tsx';
import { draftProblems, ruleLabels } from './rule-problems.ts';
import { useChannels } from './use-channels.ts';

interface RuleFormProps {
  /** The one to edit; a new one when left out. */
  readonly rule?: AlertRule;
  readonly kinds: readonly RuleKind[];
  readonly onClose: () => void;
}

interface Progress {
  readonly busy?: boolean;
  readonly problems?: FormProblems;
}

/** Adds a rule or changes one. */
export function RuleForm({ rule: current, kinds, onClose }: RuleFormProps) {
  const { api, project, mayEdit } = useApp();
  const { names, idOf } = useConnections();
  const { channels } = useChannels();
  const [written, setWritten] = useState<{ readonly draft: RuleDraft; readonly of: AlertRule | undefined }>();
  const [progress, setProgress] = useState<Progress>({});
  // What is written is a change of the rule as it was then: a later version must neither replace it nor be overwritten.
  const rule = written ? written.of : current;
  const draft = written?.draft ?? (rule ? draftOf(rule, kinds, (id) => names.get(id) ?? id) : newDraft(kinds));
  const kind = kindOf(kinds, draft.type);
  const labels = ruleLabels(kind);

  const form = useFocusProblem(progress.problems);
  const made = bodyOf(draft, kind, idOf);
  const attempt = async (work: () => Promise<unknown>) => {
    setProgress({ busy: true });
    try {
      await work();
      onClose();
    } catch (error) {
      setProgress({ problems: problemsOfError(error, labels) });
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = new Map(draftProblems(draft, kind));
    if ('problem' in made) wrong.set('filter', made.problem);
    if (wrong.size > 0 || 'problem' in made) {
      setProgress({ problems: problemsOf(wrong, labels) });
      return;
    }
    void attempt(() =>
      rule
        ? api.call('PUT alert-rules/{id}', { path: { id: rule.id }, version: rule.version, body: made.body })
        : api.call('POST alert-rules', { body: { project_id: project, ...made.body } }),
    );
  };
  return (
    <Dialog title={rule ? rule.name : 'Add a rule'} onClose={onClose} isUnsaved={written !== undefined} side>
      <form ref={form} className="form" onSubmit={submit} noValidate>
        <fieldset className="plain-fieldset form" disabled={!mayEdit}>
          <legend className="visually-hidden">Rule</legend>
          <RuleFields
            draft={draft}
            kinds={kinds}
            channels={channels ?? []}
            problems={progress.problems?.fields ?? new Map()}
            onChange={(part) => setWritten({ draft: { ...draft, ...part }, of: rule })}
          />
        </fieldset>
        <BacktestPreview
          body={
            'body' in made && !draftProblems({ ...draft, name: 'preview' }, kind).size
              ? JSON.stringify(made.body)
              : undefined
          }
          stored={rule}
          names={names}
        />
        <div role="status">
          {progress.busy && <p className="dim">Saving…</p>}
          {progress.problems && <p className="banner banner-bad">{progress.problems.summary}</p>}
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
            {rule && (
              <ConfirmedButton
                label="Delete…"
                question={
                  <>
                    Delete <strong>{rule.name}</strong>? Its open alerts are resolved, and everybody who was notified of
                    them hears so.
                  </>
                }
                confirm="Delete it, and resolve its alerts"
                disabled={progress.busy ?? false}
                onConfirm={() =>
                  void attempt(() =>
                    api.call('DELETE alert-rules/{id}', { path: { id: rule.id }, version: rule.version }),
                  )
                }
              />
            )}
          </div>
        )}
      </form>
    </Dialog>
  );
}
