import type { Channel } from '@tailrace/http/contract/generated.ts';
import type { ReactNode } from 'react';
import { ConfigFieldInput } from '../ui/form/config-field-input.tsx';
import type { ConfigField } from '../ui/form/config-schema.ts';
import { describedBy, Field } from '../ui/form/field.tsx';
import { conditionFields, kindOf, type RuleDraft, type RuleKind } from './rule-draft.ts';
import { ruleLabels } from './rule-problems.ts';

interface FieldOptions {
  readonly help?: string;
  readonly isRequired?: boolean;
}

interface RuleFieldsProps {
  readonly draft: RuleDraft;
  readonly kinds: readonly RuleKind[];
  readonly channels: readonly Channel[];
  /** Messages by field, as the API names them. */
  readonly problems: ReadonlyMap<string, string>;
  readonly onChange: (part: Partial<RuleDraft>) => void;
}

const severities = ['low', 'medium', 'high', 'critical'] as const;

/** What a rule watches, and how it notifies. */
export function RuleFields({ draft, kinds, channels, problems, onChange }: RuleFieldsProps) {
  const kind = kindOf(kinds, draft.type);
  const labels = ruleLabels(kind);
  const conditions = conditionFields(kind);
  const numbers = conditions.filter((each) => each.kind === 'number');
  const condition = (each: ConfigField) => (
    <ConfigFieldInput
      key={each.name}
      field={each}
      idPrefix="rule-conditions"
      value={draft.conditions[each.name] ?? ''}
      problem={problems.get(`conditions.${each.name}`)}
      onChange={(value) => onChange({ conditions: { ...draft.conditions, [each.name]: value } })}
    />
  );
  const field = (
    name: string,
    control: (described: ReturnType<typeof describedBy>) => ReactNode,
    { help, isRequired = false }: FieldOptions = {},
  ) => {
    const problem = problems.get(name);
    const id = `rule-${name.replaceAll('.', '-')}`;
    return (
      <Field id={id} label={labels.get(name) ?? name} isRequired={isRequired} problem={problem} help={help}>
        {control(describedBy(id, problem, isRequired))}
      </Field>
    );
  };
  const text = (name: string, key: TextKey, { isNumber, ...options }: FieldOptions & { isNumber?: boolean } = {}) =>
    field(
      name,
      (described) => (
        <input
          {...described}
          type="text"
          inputMode={isNumber ? 'decimal' : undefined}
          value={draft[key]}
          spellCheck={false}
          onChange={({ target }) => onChange({ [key]: target.value })}
        />
      ),
      options,
    );
  const required = { isRequired: true };
  return (
    <>
      {text('name', 'name', required)}
      <div className="form-row">
        {field('alert_type', (described) => (
          <select {...described} value={draft.type} onChange={({ target }) => onChange({ type: target.value })}>
            {kinds.map(({ alert_type: each, title }) => (
              <option key={each} value={each}>
                {title}
              </option>
            ))}
          </select>
        ))}
        {field('severity', (described) => (
          <select
            {...described}
            value={draft.severity}
            onChange={({ target }) => {
              const severity = severities.find((each) => each === target.value);
              if (severity) onChange({ severity });
            }}
          >
            {severities.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        ))}
      </div>
      {numbers.length > 1 ? <div className="form-row">{numbers.map(condition)}</div> : numbers.map(condition)}
      {conditions.filter((each) => each.kind !== 'number').map(condition)}
      {text('filter', 'query', { help: 'As in the filter bar: service:cart -region:eu. All lines when empty.' })}
      <div className="form-row">
        {kind?.group_by === null &&
          text('group_by', 'groupBy', { help: 'An attribute, connection or stream; all together when empty.' })}
        {text('cooldown_minutes', 'cooldownMinutes', { isNumber: true, help: 'Least time between two alerts.' })}
      </div>
      <fieldset className="plain-fieldset checks">
        <legend>Send to</legend>
        {[{ id: 'in_app', channel_name: 'this page' }, ...channels].map(({ id, channel_name }) => (
          <label className="check" key={id}>
            <input
              type="checkbox"
              checked={draft.channels.includes(id)}
              onChange={({ target }) =>
                onChange({
                  channels: target.checked ? [...draft.channels, id] : draft.channels.filter((each) => each !== id),
                })
              }
            />
            {channel_name}
          </label>
        ))}
      </fieldset>
      <label className="check">
        <input
          type="checkbox"
          checked={draft.enabled}
          onChange={({ target }) => onChange({ enabled: target.checked })}
        />
        enabled
      </label>
    </>
  );
}

type TextKey = 'name' | 'query' | 'groupBy' | 'cooldownMinutes';
