import { describedBy, Field } from '../ui/form/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { count as countText } from '../ui/text/format.ts';
import type { RuleDraft } from './parsing-draft.ts';

interface ParsingRuleFieldsProps {
  readonly draft: RuleDraft;
  readonly position: number;
  readonly count: number;
  /** Lines of the preview that it takes. */
  readonly taken: number | undefined;
  /** What is wrong with a field, by its path in the rule. */
  readonly problemOf: (path: string) => string | undefined;
  readonly onChange: (draft: RuleDraft) => void;
  readonly onMove: (to: number) => void;
  readonly onRemove: () => void;
}

type TextField = { [Name in keyof RuleDraft]: RuleDraft[Name] extends string ? Name : never }[keyof RuleDraft];

interface MoreField {
  readonly name: TextField;
  readonly path: string;
  readonly label: string;
  readonly help: string;
}

const more: readonly MoreField[] = [
  {
    name: 'timeFormat',
    path: 'time.format',
    label: 'Form of the time',
    help: 'Only where it is unusual: dd.MM.yyyy HH:mm:ss, %d/%b/%Y, unix_ms',
  },
  {
    name: 'timeZone',
    path: 'time.zone',
    label: 'Its zone',
    help: 'Europe/Vienna, UTC or +02:00, for times without one',
  },
  {
    name: 'levelMap',
    path: 'level.map',
    label: 'What the level’s texts mean',
    help: 'K=error, W=warn; usual words need none',
  },
  { name: 'levelAlways', path: 'level.always', label: 'Level of every line', help: 'That states no other' },
  { name: 'timeGroup', path: 'time.group', label: 'Group of the time', help: 'Default: time or timestamp' },
  { name: 'levelGroup', path: 'level.group', label: 'Group of the level', help: 'Default: level or severity' },
  {
    name: 'message',
    path: 'message',
    label: 'Group of the message',
    help: 'Default: message; without one, the whole line',
  },
  {
    name: 'attributes',
    path: 'attributes',
    label: 'Names of attributes',
    help: 'ip=client.address; others keep their group’s name',
  },
  { name: 'stream', path: 'when.stream', label: 'Only of the stream', help: '* stands for any text' },
  { name: 'contains', path: 'when.contains', label: 'Only lines with', help: 'This text, somewhere in them' },
];

/** One rule of the editor. */
export function ParsingRuleFields({
  draft,
  position,
  count,
  taken,
  problemOf,
  onChange,
  onMove,
  onRemove,
}: ParsingRuleFieldsProps) {
  const id = (name: string) => `rule-${draft.key}-${name}`;
  const nameProblem = problemOf('name');
  const patternProblem = problemOf('pattern');
  const problemsOfMore = (path: string) => problemOf(path) ?? (path === 'time.group' ? problemOf('time') : undefined);
  const isOpen = more.some(({ path, name }) => problemsOfMore(path) !== undefined || draft[name] !== '');
  return (
    <li className="parsing-rule">
      <div className="parsing-rule-head">
        <Field id={id('name')} label={`Name of rule ${position + 1}`} problem={nameProblem}>
          <input
            {...describedBy(id('name'), nameProblem)}
            type="text"
            value={draft.name}
            onChange={({ target }) => onChange({ ...draft, name: target.value })}
          />
        </Field>
        <span className={`tag ${taken ? 'tone-good' : ''}`}>
          {taken === undefined
            ? 'takes none of these lines'
            : `takes ${countText(taken)} ${taken === 1 ? 'line' : 'lines'}`}
        </span>
        <span className="grow" />
        <button
          type="button"
          className="icon-button"
          aria-label={`Try ${draft.name} earlier`}
          disabled={position === 0}
          onClick={() => onMove(position - 1)}
        >
          <Icon name="up" />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={`Try ${draft.name} later`}
          disabled={position === count - 1}
          onClick={() => onMove(position + 1)}
        >
          <Icon name="down" />
        </button>
        <button type="button" className="icon-button" aria-label={`Remove ${draft.name}`} onClick={onRemove}>
          <Icon name="trash" />
        </button>
      </div>
      <Field
        id={id('pattern')}
        label="Pattern"
        problem={patternProblem}
        help="(?P<time>…), (?P<level>…), (?P<message>…) and %{IP:client.address}: RE2, and grok’s names"
      >
        <textarea
          {...describedBy(id('pattern'), patternProblem)}
          className="parsing-pattern"
          rows={3}
          spellCheck={false}
          autoCapitalize="off"
          value={draft.pattern}
          // A pattern is one line, wherever it was copied from.
          onChange={({ target }) => onChange({ ...draft, pattern: target.value.replaceAll(/[\r\n]+/g, '') })}
        />
      </Field>
      <details open={isOpen || undefined}>
        <summary>Time, level, names, and which lines</summary>
        <div className="form-row advanced">
          {more.map(({ name, path, label, help }) => (
            <Field key={name} id={id(name)} label={label} problem={problemsOfMore(path)} help={help}>
              <input
                {...describedBy(id(name), problemsOfMore(path))}
                type="text"
                value={draft[name]}
                onChange={({ target }) => onChange({ ...draft, [name]: target.value })}
              />
            </Field>
          ))}
          <label className="check">
            <input
              type="checkbox"
              checked={draft.multiline}
              onChange={({ target }) => onChange({ ...draft, multiline: target.checked })}
            />
            The pattern sees all lines of an event, not only the first
          </label>
        </div>
      </details>
    </li>
  );
}
