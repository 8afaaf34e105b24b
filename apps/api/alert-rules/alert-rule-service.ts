import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import { type ValidRule, validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { ChangeRequest } from '../change-request.ts';
import type { ProjectResources } from '../project-resources.ts';

/** A channel as a rule names it. */
interface NamedChannel {
  readonly id: string;
  readonly name: string;
}

export interface AlertRuleServiceOptions {
  readonly rules: ProjectResources<AlertRule>;
  readonly kinds: RuleKinds;
  readonly channelsOf: (projectId: string) => readonly NamedChannel[];
}

/** What every rule has without naming it: the alert itself, as the API and the page show it. */
const inApp = 'in_app';

/**
 * What can be done with alert rules. Every method throws Problem: 404 unknown, 412 changed meanwhile, 422 a wrong rule,
 * with each wrong field and why.
 */
export class AlertRuleService {
  readonly #options: AlertRuleServiceOptions;

  constructor(options: AlertRuleServiceOptions) {
    this.#options = options;
  }

  create(projectId: string, input: object): Promise<AlertRule> {
    return this.#options.rules.create(projectId, (beginning) => ({
      ...beginning,
      ...this.#accept(projectId, beginning.id, input),
      revision: 1,
    }));
  }

  get(request: ChangeRequest): AlertRule {
    return this.#options.rules.get(request);
  }

  list(projectId: string): readonly AlertRule[] {
    return this.#options.rules.list(projectId);
  }

  /** Puts a whole rule in place of another. One that says the same changes nothing, not even the version. */
  async replace(request: ChangeRequest, input: object): Promise<AlertRule> {
    const accepted = this.#accept(this.get(request).project_id, request.id, input);
    return this.#options.rules.change(request, (current) => {
      const countsTheSame = counted.every((field) => current[field] === accepted[field]);
      return { ...current, ...accepted, revision: countsTheSame ? current.revision : current.revision + 1 };
    });
  }

  delete(request: ChangeRequest): Promise<void> {
    return this.#options.rules.delete(request);
  }

  /**
   * The rule in the form that is stored.
   * @param id its own: another rule of that name is refused. Two that are created at once may both pass.
   */
  #accept(projectId: string, id: string, input: object): StoredInput {
    const { kinds, rules } = this.#options;
    const validation = validateRule(kinds, input);
    if (!validation.ok) throw invalidRule(validation.problems);
    const { rule } = validation;
    const namesake = rules.list(projectId).find((other) => other.name === rule.name && other.id !== id);
    if (namesake) throw invalidRule([{ field: 'name', message: `is taken by ${namesake.id}` }]);
    const channels = rule.notification_channels.map((given, index) => this.#channelId(projectId, given, index));
    return toStored(rule, [...new Set(channels)]);
  }

  #channelId(projectId: string, given: string, index: number): string {
    if (given === inApp) return given;
    const channel = this.#options.channelsOf(projectId).find(({ id, name }) => id === given || name === given);
    if (channel) return channel.id;
    throw invalidRule([
      { field: `notification_channels.${index}`, message: `the project has no channel ${JSON.stringify(given)}` },
    ]);
  }
}

type StoredInput = ReturnType<typeof toStored>;

/** A rule's own fields in the form that is stored. */
export function toStored({ conditions, filter, ...rest }: ValidRule, channels: readonly string[]) {
  return {
    ...rest,
    conditions: JSON.stringify(conditions),
    filter: filter === null ? null : JSON.stringify(filter),
    notification_channels: channels,
  } satisfies Partial<AlertRule>;
}

/** Fields that decide what is counted, and when that is an alert. */
const counted = ['alert_type', 'conditions', 'filter', 'group_by', 'cooldown_minutes'] as const;

/** @param within the place in the request that the fields are below. */
export function invalidRule(
  problems: readonly { readonly field: string; readonly message: string }[],
  within = 'body',
): Problem {
  const errors = problems.map(({ field, message }) => ({
    field: field === '' ? within : `${within}.${field}`,
    message,
  }));
  return new Problem(422, { detail: errors.map((each) => `${each.field}: ${each.message}`).join('; '), errors });
}
