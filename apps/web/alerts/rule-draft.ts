import type { AlertRule, Operations } from '../api/generated.ts';
import type { AnswerOf } from '../api/http.ts';
import { filterText, readQuery } from '../live/query.ts';

/** A rule as the API takes it. */
export type RuleBody = Operations['PUT alert-rules/{id}']['body'];

export const ruleTypes = ['error_rate', 'pattern_match', 'log_level', 'absence'] as const;

/** A rule as it stands in the form: everything as text or a choice. */
export interface RuleDraft {
  readonly name: string;
  readonly type: string;
  readonly severity: AlertRule['severity'];
  readonly enabled: boolean;
  readonly threshold: string;
  readonly windowMinutes: string;
  readonly pattern: string;
  readonly caseSensitive: boolean;
  readonly levels: readonly string[];
  /** The lines that count, as the filter bar has it. */
  readonly query: string;
  readonly groupBy: string;
  readonly cooldownMinutes: string;
  readonly channels: readonly string[];
}

export const newDraft: RuleDraft = {
  name: '',
  type: 'error_rate',
  severity: 'high',
  enabled: true,
  threshold: '10',
  windowMinutes: '5',
  pattern: '',
  caseSensitive: false,
  levels: ['fatal'],
  query: '',
  groupBy: '',
  cooldownMinutes: '15',
  channels: ['in_app'],
};

/** A stored rule in the form. */
export function draftOf(rule: AlertRule, connectionName: (id: string) => string): RuleDraft {
  const { conditions } = rule;
  const levels = conditions.log_levels;
  return {
    ...newDraft,
    name: rule.name,
    type: rule.alert_type,
    severity: rule.severity,
    enabled: rule.enabled,
    threshold: textOf(conditions.threshold, newDraft.threshold),
    windowMinutes: textOf(conditions.window_minutes, newDraft.windowMinutes),
    pattern: textOf(conditions.pattern, ''),
    caseSensitive: conditions.case_sensitive === true,
    levels: Array.isArray(levels) ? levels.map(String) : newDraft.levels,
    query: rule.filter === null ? '' : filterText(rule.filter, connectionName),
    groupBy: rule.group_by ?? '',
    cooldownMinutes: String(rule.cooldown_minutes),
    channels: rule.notification_channels,
  };
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
}

/** What the API is given for a draft. @returns what is wrong with its filter, when that cannot be read */
export function bodyOf(
  draft: RuleDraft,
  connectionId: (name: string) => string | undefined,
): { readonly body: RuleBody } | { readonly problem: string } {
  const parsed = readQuery(draft.query, connectionId);
  if ('problem' in parsed) return parsed;
  return {
    body: {
      name: draft.name,
      alert_type: draft.type,
      severity: draft.severity,
      enabled: draft.enabled,
      conditions: conditionsOf(draft),
      filter: Object.keys(parsed.filter).length === 0 ? null : parsed.filter,
      group_by: draft.groupBy.trim() === '' || draft.type === 'absence' ? null : draft.groupBy.trim(),
      // Left empty it is what the API has for it, which is not none.
      ...(draft.cooldownMinutes.trim() !== '' && { cooldown_minutes: Number(draft.cooldownMinutes) }),
      notification_channels: draft.channels,
    },
  };
}

function conditionsOf(draft: RuleDraft): Readonly<Record<string, unknown>> {
  const { type } = draft;
  if (type === 'error_rate') {
    return { threshold: Number(draft.threshold), window_minutes: Number(draft.windowMinutes) };
  }
  if (type === 'pattern_match') return { pattern: draft.pattern, case_sensitive: draft.caseSensitive };
  if (type === 'log_level') return { log_levels: draft.levels };
  return { window_minutes: Number(draft.windowMinutes) };
}

/** A rule's condition in words. */
export function conditionWords({ alert_type, conditions }: AnswerOf<'POST alert-rules'>): string {
  switch (alert_type) {
    case 'error_rate':
      return `at least ${String(conditions.threshold)} ${conditions.threshold === 1 ? 'error' : 'errors'} a minute over ${String(conditions.window_minutes)} min`;
    case 'pattern_match':
      return `a line like /${String(conditions.pattern)}/`;
    case 'log_level':
      return `a line of level ${Array.isArray(conditions.log_levels) ? conditions.log_levels.join(', ') : '?'}`;
    case 'absence':
      return `a source is silent for ${String(conditions.window_minutes)} min`;
    default:
      return alert_type;
  }
}
