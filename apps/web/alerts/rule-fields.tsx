import { levels } from '@tailrace/log-record/level.ts';
import type { ReactNode } from 'react';
import type { Channel } from '../api/generated.ts';
import { type RuleDraft, ruleTypes } from './rule-draft.ts';

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

/** What a rule watches, and how it tells. */
export function RuleFields({ draft, channels, problems, onChange }: RuleFieldsProps) {
  const field = (name: string, label: string, control: (id: string) => ReactNode, help?: string) => {
    const problem = problems.get(name);
    const id = `rule-${name.replaceAll('.', '-')}`;
    return (
      <div className="field">
        <label htmlFor={id}>{label}</label>
        {control(id)}
        {(problem ?? help) && <span className={problem ? 'field-problem' : 'field-help'}>{problem ?? help}</span>}
      </div>
    );
  };
  const text = (name: string, label: string, key: TextKey, help?: string, type: 'text' | 'number' = 'text') =>
    field(
      name,
      label,
      (id) => (
        <input
          id={id}
          type={type}
          value={draft[key]}
          spellCheck={false}
          aria-invalid={problems.has(name)}
          onChange={({ target }) => onChange({ [key]: target.value })}
        />
      ),
      help,
    );
  const window = () => text('conditions.window_minutes', 'Window, minutes', 'windowMinutes', undefined, 'number');
  return (
    <>
      {text('name', 'Name', 'name')}
      <div className="form-row">
        {field('alert_type', 'When', (id) => (
          <select id={id} value={draft.type} onChange={({ target }) => onChange({ type: target.value })}>
            {ruleTypes.map((each) => (
              <option key={each} value={each}>
                {typeNames[each]}
              </option>
            ))}
          </select>
        ))}
        {field('severity', 'Severity', (id) => (
          <select
            id={id}
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
          {text('conditions.threshold', 'Errors a minute', 'threshold', undefined, 'number')}
          {window()}
        </div>
      )}
      {draft.type === 'absence' && window()}
      {draft.type === 'pattern_match' && (
        <>
          {text('conditions.pattern', 'Expression', 'pattern', 'RE2, searched for in the line.')}
          <label className="check">
            <input
              type="checkbox"
              checked={draft.caseSensitive}
              onChange={({ target }) => onChange({ caseSensitive: target.checked })}
            />
            capital and small letters differ
          </label>
        </>
      )}
      {draft.type === 'log_level' && (
        <fieldset className="plain-fieldset checks">
          <legend>Levels</legend>
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
        </fieldset>
      )}
      {text(
        'filter',
        'Only these lines',
        'query',
        'As in the filter bar: service:cart -region:eu. All lines when empty.',
      )}
      <div className="form-row">
        {draft.type !== 'absence' &&
          text(
            'group_by',
            'Watched for each',
            'groupBy',
            'An attribute, connection or stream; all together when empty.',
          )}
        {text('cooldown_minutes', 'Cooldown, minutes', 'cooldownMinutes', 'Least time between two alerts.', 'number')}
      </div>
      <fieldset className="plain-fieldset checks">
        <legend>Tell by</legend>
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
