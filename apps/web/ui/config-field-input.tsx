import type { ConfigField } from './config-schema.ts';
import { describedBy, Field } from './field.tsx';
import { labelOf } from './labels.ts';

interface ConfigFieldInputProps {
  readonly field: ConfigField;
  readonly value: string;
  /** Whether a secret of this name is stored: leaving it empty keeps it. */
  readonly isStored: boolean;
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
  value,
  isStored,
  movedBy,
  moves = [],
  problem,
  onChange,
}: ConfigFieldInputProps) {
  const id = `field-${field.name}`;
  const label = labelOf(field.name);
  const isKept = isStored && movedBy === undefined;
  const isRequired = movedBy !== undefined || (field.isRequired && !isStored);
  const isMissing = movedBy !== undefined && value.trim() === '';
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

function neededAgain(movedBy: string): string {
  return `Needed again, since ${labelOf(movedBy)} has changed: a stored secret is never sent to an address it was not given for.`;
}

/** Said where the change is made: the secret's own field may be out of sight. */
function asksAgain(secrets: readonly string[]): string {
  return `This changes where secrets go. Give again: ${secrets.map(labelOf).join(', ')}.`;
}
