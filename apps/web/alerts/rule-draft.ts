import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import type { AlertRule, Operations } from '@tailrace/http/contract/generated.ts';
import { filterText, readQuery } from '../live/query/query.ts';
import {
  type ConfigField,
  configOf,
  exampleValues,
  type FormValues,
  fieldsOf,
  formValues,
} from '../ui/form/config-schema.ts';

/** A rule as the API takes it. */
export type RuleBody = Operations['PUT alert-rules/{id}']['body'];

/** A kind of rule, as the API describes it. */
export type RuleKind = AnswerOf<'GET alert-types'>['alert_types'][number];

/** A rule as it stands in the form: everything as text or a choice. */
export interface RuleDraft {
  readonly name: string;
  readonly type: string;
  readonly severity: AlertRule['severity'];
  readonly enabled: boolean;
  /** By field, whichever kind it is of: what two kinds ask for stays when the kind is changed. */
  readonly conditions: FormValues;
  /** The lines that count, as the filter bar has it. */
  readonly query: string;
  readonly groupBy: string;
  readonly cooldownMinutes: string;
  readonly channels: readonly string[];
}

const emptyDraft: RuleDraft = {
  name: '',
  type: '',
  severity: 'high',
  enabled: true,
  conditions: {},
  query: '',
  groupBy: '',
  cooldownMinutes: '15',
  channels: ['in_app'],
};

/** A rule that is still to be written, of the first kind there is. */
export function newDraft(kinds: readonly RuleKind[]): RuleDraft {
  const values = kinds.toReversed().map((kind) => exampleValues(conditionFields(kind)));
  return { ...emptyDraft, type: kinds[0]?.alert_type ?? '', conditions: Object.assign({}, ...values) };
}

/** A stored rule in the form. */
export function draftOf(
  rule: AlertRule,
  kinds: readonly RuleKind[],
  connectionName: (id: string) => string,
): RuleDraft {
  return {
    name: rule.name,
    type: rule.alert_type,
    severity: rule.severity,
    enabled: rule.enabled,
    conditions: {
      ...newDraft(kinds).conditions,
      ...formValues(conditionFields(kindOf(kinds, rule.alert_type)), rule.conditions),
    },
    query: rule.filter === null ? '' : filterText(rule.filter, connectionName),
    groupBy: rule.group_by ?? '',
    cooldownMinutes: String(rule.cooldown_minutes),
    channels: rule.notification_channels,
  };
}

export function kindOf(kinds: readonly RuleKind[], type: string): RuleKind | undefined {
  return kinds.find((each) => each.alert_type === type);
}

/** What a kind asks for. */
export function conditionFields(kind: RuleKind | undefined): readonly ConfigField[] {
  return kind === undefined ? [] : fieldsOf({ config_schema: kind.conditions_schema });
}

/** What the API is given for a draft. @returns what is wrong with its filter, when that cannot be read */
export function bodyOf(
  draft: RuleDraft,
  kind: RuleKind | undefined,
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
      conditions: configOf(conditionFields(kind), draft.conditions, { verbatim: true }).config,
      filter: Object.keys(parsed.filter).length === 0 ? null : parsed.filter,
      group_by: draft.groupBy.trim() === '' || (kind && kind.group_by !== null) ? null : draft.groupBy.trim(),
      // Left empty it is what the API has for it, which is not none.
      ...(draft.cooldownMinutes.trim() !== '' && { cooldown_minutes: Number(draft.cooldownMinutes) }),
      notification_channels: draft.channels,
    },
  };
}

/** A rule's condition in words: what its kind says of it, with the rule's own conditions filled in. */
export function conditionWords(
  kind: RuleKind | undefined,
  { alert_type, conditions }: Pick<AlertRule, 'alert_type' | 'conditions'>,
): string {
  if (kind === undefined) return alert_type;
  return kind.summary.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const value = conditions[field];
    return Array.isArray(value) ? value.join(', ') : String(value ?? '?');
  });
}
