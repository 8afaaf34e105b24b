import type { Connection } from '@tailrace/http/contract/generated.ts';
import { type FormEvent, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { type FormProblems, problemsOfError } from '../ui/form/form-problems.ts';
import { useFocusProblem } from '../ui/form/use-focus-problem.ts';
import { Icon } from '../ui/icon.tsx';
import { MendThePast } from './mend-the-past.tsx';
import { draftOf, emptyDraft, type RuleDraft, ruleLabels, ruleOf } from './parsing-draft.ts';
import { PreviewLines } from './parsing-preview.tsx';
import { ParsingRuleFields } from './parsing-rule-fields.tsx';
import { useParsingPreview } from './use-parsing-preview.ts';

interface ParsingEditorProps {
  readonly connection: Connection;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

/** The parsing rules of a connection beside its last lines, and what becomes of each while one writes. */
export function ParsingEditor({ connection, onClose, onChanged }: ParsingEditorProps) {
  const { api } = useApp();
  const [drafts, setDrafts] = useState<readonly RuleDraft[]>(() => {
    const stored = connection.parsing.rules.map((rule) => draftOf(rule));
    return stored.length > 0 ? stored : [emptyDraft([])];
  });
  const [saved, setSaved] = useState({ parsing: connection.parsing, version: connection.version });
  const [changed, setChanged] = useState(false);
  const [given, setGiven] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<FormProblems>();
  const rules = drafts.filter(({ pattern }) => pattern !== '').map(ruleOf);
  const labels = ruleLabels(drafts.filter(({ pattern }) => pattern !== ''));
  const preview = useParsingPreview({ connectionId: connection.id, rules, lines: given, labels });
  const problems = refused ?? preview.problems;
  const form = useFocusProblem(refused);

  const change = (next: readonly RuleDraft[]) => {
    setDrafts(next);
    setChanged(true);
    setRefused(undefined);
  };
  const move = (from: number, to: number) => {
    const moved = [...drafts];
    const [draft] = moved.splice(from, 1);
    if (draft) moved.splice(to, 0, draft);
    change(moved);
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused(undefined);
    try {
      const { parsing, version } = await api.call('PUT connections/{id}', {
        path: { id: connection.id },
        version: saved.version,
        body: { parsing_rules: rules },
      });
      setSaved({ parsing, version });
      setChanged(false);
      onChanged();
    } catch (error) {
      setRefused(problemsOfError(error, labels));
    }
    setBusy(false);
  };

  // The API counts the rules that have a pattern.
  let index = -1;
  return (
    <Dialog title={`Parsing rules of ${connection.connection_name}`} onClose={onClose} isUnsaved={changed} wide>
      <div className="parsing">
        <form ref={form} className="form" onSubmit={(event) => void save(event)} noValidate>
          <p className="dim">
            The first rule that takes a line says what is its time, level, message and attributes. What none takes goes
            to the built-in parsers.
          </p>
          <ol className="parsing-rules">
            {drafts.map((draft, at) => {
              if (draft.pattern !== '') index += 1;
              const own = `parsing_rules.${index}`;
              return (
                <ParsingRuleFields
                  key={draft.key}
                  draft={draft}
                  position={at}
                  count={drafts.length}
                  taken={preview.answer?.taken[draft.name]}
                  problemOf={(path) => (draft.pattern === '' ? undefined : problems?.fields.get(`${own}.${path}`))}
                  onChange={(next) => change(drafts.map((each) => (each.key === draft.key ? next : each)))}
                  onMove={(to) => move(at, to)}
                  onRemove={() => change(drafts.filter((each) => each.key !== draft.key))}
                />
              );
            })}
          </ol>
          <div>
            <button type="button" className="button" onClick={() => change([...drafts, emptyDraft(drafts)])}>
              <Icon name="plus" /> Add a rule
            </button>
          </div>
          {problems && (
            <p className="banner banner-bad" role={refused ? 'alert' : undefined}>
              {problems.summary}
            </p>
          )}
          <div className="form-actions">
            <button type="submit" className="button button-main" disabled={busy || !changed}>
              Save the rules
            </button>
            <span className="dim" role="status">
              {changed
                ? 'Not saved yet.'
                : saved.parsing.version === 0
                  ? ''
                  : `Saved: version ${saved.parsing.version}.`}
            </span>
          </div>
          {saved.parsing.version > 0 && !changed && <MendThePast connectionId={connection.id} />}
        </form>
        <PreviewLines preview={preview} given={given} onGiven={setGiven} />
      </div>
    </Dialog>
  );
}
