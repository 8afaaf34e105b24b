import { labelOf } from '../text/labels.ts';
import type { ConfigField } from './config-schema.ts';
import { describedBy, Field, sentence } from './field.tsx';

interface ConfigFieldInputProps {
  readonly field: ConfigField;
  /** What its control's id begins with. */
  readonly idPrefix?: string;
  readonly value: string;
  /** Whether a secret of this name is stored: leaving it empty keeps it. */
  readonly isStored?: boolean;
  /** The field whose change asks for the stored secret again. */
  readonly movedBy?: string | undefined;
  /** Stored secrets that are asked for again because this field has changed. */
  readonly moves?: readonly string[];
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

/** One field of a configuration, with what it is for and what is wrong with it. */
export function ConfigFieldInput({
  field,
  idPrefix = 'field',
  value,
  isStored = false,
  movedBy,
  moves = [],
  problem,
  onChange,
}: ConfigFieldInputProps) {
  const id = `${idPrefix}-${field.name}`;
  const { label } = field;
  const isKept = isStored && movedBy === undefined;
  const isRequired = movedBy !== undefined || (field.isRequired && !isStored);
  const isMissing = movedBy !== undefined && value.trim() === '';
  if (field.kind === 'choices') return <Choices {...{ field, id, value, problem, onChange }} />;
  if (field.kind === 'boolean' && field.fallback !== '') return <Check {...{ field, id, value, problem, onChange }} />;
  const common = { ...describedBy(id, problem, isRequired), value };
  const placeholder = isKept ? 'stored; leave empty to keep it' : field.fallback;
  return (
    <Field
      id={id}
      label={label}
      isRequired={isRequired}
      problem={problem}
      notice={isMissing ? neededAgain(movedBy) : moves.length > 0 ? asksAgain(moves) : undefined}
      help={field.description}
    >
      {field.kind === 'json' || field.kind === 'list' ? (
        <>
          <textarea
            {...common}
            rows={field.kind === 'json' ? 5 : 3}
            spellCheck={false}
            placeholder={placeholder || (field.kind === 'list' ? 'one a line' : '{ … }')}
            onChange={(event) => onChange(event.target.value)}
          />
          {field.kind === 'json' && (
            <input
              type="file"
              accept=".json,application/json"
              aria-label={`${label} from a file`}
              onChange={(event) => void event.target.files?.[0]?.text().then(onChange)}
            />
          )}
        </>
      ) : field.kind === 'choice' || field.kind === 'boolean' ? (
        <select {...common} onChange={(event) => onChange(event.target.value)}>
          <option value="">{field.fallback === '' ? '–' : `${field.fallback} (default)`}</option>
          {(field.kind === 'boolean' ? ['true', 'false'] : field.choices).map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type={field.isSecret ? 'password' : 'text'}
          inputMode={field.kind === 'number' ? 'decimal' : undefined}
          autoComplete={field.isSecret ? 'new-password' : 'off'}
          spellCheck={false}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

type ControlProps = Pick<ConfigFieldInputProps, 'field' | 'value' | 'problem' | 'onChange'> & { readonly id: string };

/** Some of what there is to choose from. */
function Choices({ field, id, value, problem, onChange }: ControlProps) {
  const chosen = value.split('\n').filter((each) => each !== '');
  const toggled = (choice: string, isOn: boolean) =>
    isOn ? [...chosen, choice] : chosen.filter((each) => each !== choice);
  return (
    <fieldset
      id={id}
      className="plain-fieldset checks"
      aria-invalid={problem !== undefined}
      aria-describedby={`${id}-help`}
    >
      <legend>
        {field.label}
        {field.isRequired && <span className="required"> required</span>}
      </legend>
      {field.choices.map((choice) => (
        <label className="check" key={choice}>
          <input
            type="checkbox"
            checked={chosen.includes(choice)}
            onChange={({ target }) => onChange(toggled(choice, target.checked).join('\n'))}
          />
          {choice}
        </label>
      ))}
      <span id={`${id}-help`} className={problem ? 'field-problem' : 'field-help'}>
        {problem ? sentence(field.label, problem) : field.description}
      </span>
    </fieldset>
  );
}

/** What is on or off, and one of both when it is left out. */
function Check({ field, id, value, problem, onChange }: ControlProps) {
  return (
    <div className="field">
      <label className="check">
        <input
          {...describedBy(id, problem)}
          type="checkbox"
          checked={(value || field.fallback) === 'true'}
          onChange={({ target }) => onChange(String(target.checked))}
        />
        {field.label}
      </label>
      <span id={`${id}-help`} className={problem ? 'field-problem' : 'field-help'}>
        {problem ? sentence(field.label, problem) : field.description}
      </span>
    </div>
  );
}

function neededAgain(movedBy: string): string {
  return `Needed again, since ${labelOf(movedBy)} has changed: a stored secret is never sent to an address it was not given for.`;
}

/** Said where the change is made: the secret's own field may be out of sight. */
function asksAgain(secrets: readonly string[]): string {
  return `This changes where secrets go. Give again: ${secrets.map(labelOf).join(', ')}.`;
}
