import { levels } from '@tailrace/log-record/level.ts';
import type { ReactNode } from 'react';
import type { Channel } from '../api/generated.ts';
import { describedBy, Field, sentence } from '../ui/field.tsx';
import { type RuleDraft, ruleTypes } from './rule-draft.ts';
import { ruleLabels } from './rule-problems.ts';

interface FieldOptions {
  readonly help?: string;
  readonly isRequired?: boolean;
}

interface RuleFieldsProps {
  readonly draft: RuleDraft;
  readonly channels: readonly Channel[];
  /** Messages by field, as the API names them. */
  readonly problems: ReadonlyMap<string, string>;
  readonly onChange: (part: Partial<RuleDraft>) => void;
}

const typeNames: Readonly<Record<(typeof ruleTypes)[number], string>> = {
  error_rate: 'Too many errors',
  pattern_match: 'A line like this',
  log_level: 'A line of a level',
  absence: 'Silence of a source',
};
const severities = ['low', 'medium', 'high', 'critical'] as const;

/** What a rule watches, and how it notifies. */
export function RuleFields({ draft, channels, problems, onChange }: RuleFieldsProps) {
  const field = (
    name: string,
    control: (described: ReturnType<typeof describedBy>) => ReactNode,
    { help, isRequired = false }: FieldOptions = {},
  ) => {
    const problem = problems.get(name);
    const id = `rule-${name.replaceAll('.', '-')}`;
    return (
      <Field id={id} label={ruleLabels.get(name) ?? name} isRequired={isRequired} problem={problem} help={help}>
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
  const levelsProblem = problems.get('conditions.log_levels');
  const required = { isRequired: true };
  const window = () => text('conditions.window_minutes', 'windowMinutes', { isNumber: true, ...required });
  return (
    <>
      {text('name', 'name', required)}
      <div className="form-row">
        {field('alert_type', (described) => (
          <select {...described} value={draft.type} onChange={({ target }) => onChange({ type: target.value })}>
            {ruleTypes.map((each) => (
              <option key={each} value={each}>
                {typeNames[each]}
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
      {draft.type === 'error_rate' && (
        <div className="form-row">
          {text('conditions.threshold', 'threshold', {
            isNumber: true,
            help: 'Lines of level error and above. It fires at this many or more.',
            ...required,
          })}
          {window()}
        </div>
      )}
      {draft.type === 'absence' && window()}
      {draft.type === 'pattern_match' && (
        <>
          {text('conditions.pattern', 'pattern', {
            help: 'A regular expression (RE2), searched for in the line.',
            ...required,
          })}
          <label className="check">
            <input
              type="checkbox"
              checked={draft.caseSensitive}
              onChange={({ target }) => onChange({ caseSensitive: target.checked })}
            />
            case-sensitive
          </label>
        </>
      )}
      {draft.type === 'log_level' && (
        <fieldset
          className="plain-fieldset checks"
          aria-invalid={problems.has('conditions.log_levels')}
          aria-describedby="rule-levels-help"
        >
          <legend>
            Levels <span className="required">required</span>
          </legend>
          {levels.map((level) => (
            <label className="check" key={level}>
              <input
                type="checkbox"
                checked={draft.levels.includes(level)}
                onChange={({ target }) =>
                  onChange({
                    levels: target.checked ? [...draft.levels, level] : draft.levels.filter((each) => each !== level),
                  })
                }
              />
              {level}
            </label>
          ))}
          <span id="rule-levels-help" className="field-problem">
            {levelsProblem && sentence('Levels', levelsProblem)}
          </span>
        </fieldset>
      )}
      {text('filter', 'query', { help: 'As in the filter bar: service:cart -region:eu. All lines when empty.' })}
      <div className="form-row">
        {draft.type !== 'absence' &&
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

type TextKey = 'name' | 'threshold' | 'windowMinutes' | 'pattern' | 'query' | 'groupBy' | 'cooldownMinutes';
