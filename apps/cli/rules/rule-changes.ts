import type { ValidRule } from '@tailrace/alert-rules/validate-rule.ts';
import type { AlertRule } from '@tailrace/http/contract/generated.ts';
import pc from 'picocolors';
import { visible } from '../output/terminal.ts';

interface FieldChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** What is to be done with one rule so that the server has what the file says. */
export type RuleChange =
  | { readonly kind: 'add'; readonly rule: ValidRule }
  | { readonly kind: 'change'; readonly rule: ValidRule; readonly stored: AlertRule; readonly fields: FieldChange[] }
  | { readonly kind: 'keep'; readonly rule: ValidRule }
  | { readonly kind: 'remove'; readonly stored: AlertRule };

export interface ChangePlan {
  /** Rules of the server that the file lacks are removed. */
  readonly prune: boolean;
  /** Ids of the project's channels by name: the server keeps ids. */
  readonly channels: ReadonlyMap<string, string>;
}

/** Compares by name. The order is the file's; what is removed comes last. */
export function planChanges(
  wanted: readonly ValidRule[],
  stored: readonly AlertRule[],
  { prune, channels }: ChangePlan,
): RuleChange[] {
  const changes = wanted.map((given): RuleChange => {
    const ids = given.notification_channels.map((channel) => channels.get(channel) ?? channel);
    const rule = { ...given, notification_channels: [...new Set(ids)] };
    const existing = stored.find(({ name }) => name === rule.name);
    if (!existing) return { kind: 'add', rule };
    const fields = changedFields(existing, rule);
    return fields.length === 0 ? { kind: 'keep', rule } : { kind: 'change', rule, stored: existing, fields };
  });
  const names = new Set(wanted.map(({ name }) => name));
  const left = prune ? stored.filter(({ name }) => !names.has(name)) : [];
  return [...changes, ...left.map((each): RuleChange => ({ kind: 'remove', stored: each }))];
}

function changedFields(stored: AlertRule, rule: ValidRule): FieldChange[] {
  const { cooldown_minutes: _, ...conditions } = stored.conditions;
  const fields = [
    'alert_type',
    'severity',
    'enabled',
    'filter',
    'group_by',
    'cooldown_minutes',
    'notification_channels',
  ] as const;
  const plain = fields.map((field) => ({ field: field as string, from: stored[field], to: rule[field] as unknown }));
  const keys = new Set([...Object.keys(conditions), ...Object.keys(rule.conditions)]);
  const own = [...keys].map((key) => ({
    field: `conditions.${key}`,
    from: conditions[key],
    to: rule.conditions[key],
  }));
  return [...plain, ...own].filter(({ from, to }) => canonical(from) !== canonical(to));
}

/** JSON whose keys are in order, so that the same value is the same text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}

/** The changes as a person reads them: `+` added, `~` changed with what it was, `-` removed; unchanged ones counted. */
export function renderChanges(changes: readonly RuleChange[]): string {
  const lines = changes.flatMap(linesOf);
  const count = (kind: RuleChange['kind']) => changes.filter((change) => change.kind === kind).length;
  const summary = `${count('add')} to add, ${count('change')} to change, ${count('remove')} to remove, ${count('keep')} unchanged`;
  return `${[...lines, summary].join('\n')}\n`;
}

function linesOf(change: RuleChange): string[] {
  switch (change.kind) {
    case 'add':
      return [pc.green(`+ ${visible(change.rule.name)} (${change.rule.alert_type}, ${change.rule.severity})`)];
    case 'change':
      return [
        pc.yellow(`~ ${visible(change.rule.name)}`),
        ...change.fields.map(({ field, from, to }) => `    ${field}: ${shown(from)} → ${shown(to)}`),
      ];
    case 'remove':
      return [pc.red(`- ${visible(change.stored.name)}`)];
    case 'keep':
      return [];
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : visible(JSON.stringify(value));
}
