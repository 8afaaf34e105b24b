import type { ConfigField } from './config-schema.ts';

interface ConfigFieldInputProps {
  readonly field: ConfigField;
  readonly value: string;
  /** Whether a secret of this name is stored: leaving it empty keeps it. */
  readonly isStored: boolean;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

/** One field of a configuration, with its name as the API has it, what it is for, and what is wrong with it. */
export function ConfigFieldInput({ field, value, isStored, problem, onChange }: ConfigFieldInputProps) {
  const id = `field-${field.name}`;
  const common = {
    id,
    value,
    'aria-invalid': problem !== undefined,
    'aria-describedby': `${id}-help`,
    'aria-required': field.isRequired && !isStored,
  };
  const placeholder = isStored ? 'stored; leave empty to keep it' : field.fallback;
  return (
    <div className="field">
      <label htmlFor={id}>
        {field.name}
        {field.isRequired && !isStored && <span className="required"> required</span>}
      </label>
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
              aria-label={`${field.name} from a file`}
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
          type={field.isSecret ? 'password' : field.kind === 'number' ? 'number' : 'text'}
          autoComplete={field.isSecret ? 'new-password' : 'off'}
          spellCheck={false}
          min={field.min}
          max={field.max}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      <span id={`${id}-help`} className={problem ? 'field-problem' : 'field-help'}>
        {problem ?? field.description}
      </span>
    </div>
  );
}
