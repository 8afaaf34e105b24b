import { countsTheSame } from '@tailrace/alert-rules/counts-the-same.ts';
import { expressionBudget } from '@tailrace/alert-rules/expression-cost.ts';
import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import { type ValidRule, validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { ChangeRequest } from '../resources/change-request.ts';
import type { ProjectResources } from '../resources/project-resources.ts';
import { ExpressionAllowance } from './expression-allowance.ts';

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

const beyondBudget = `With it, the regular expressions of the project's rules cost more than the ${expressionBudget} parts that they may cost in all, and older rules come first. Shorten an expression, or turn off or delete a rule.`;

/**
 * What can be done with alert rules. Every method throws Problem: 404 unknown, 412 changed meanwhile, 422 a wrong rule,
 * with each wrong field and why.
 */
export class AlertRuleService {
  readonly #options: AlertRuleServiceOptions;
  readonly #expressions: ExpressionAllowance;

  constructor(options: AlertRuleServiceOptions) {
    this.#options = options;
    const { kinds, rules } = options;
    this.#expressions = new ExpressionAllowance({ kinds, rulesOf: (projectId) => rules.list(projectId) });
  }

  async create(projectId: string, input: object): Promise<AlertRule> {
    await this.#expressions.measure(projectId);
    let release: (() => void) | undefined;
    try {
      return await this.#options.rules.create(projectId, (beginning) => {
        const accepted = this.#accept(projectId, beginning.id, input);
        release = this.#expressions.take(projectId, beginning.id, accepted);
        return { ...beginning, ...accepted, revision: 1 };
      });
    } finally {
      release?.();
    }
  }

  get(request: ChangeRequest): AlertRule {
    return this.#options.rules.get(request);
  }

  list(projectId: string): readonly AlertRule[] {
    return this.#options.rules.list(projectId);
  }

  /** Why rules of a project are not evaluated although they are on, by id. */
  async notEvaluated(projectId: string): Promise<ReadonlyMap<string, string>> {
    await this.#expressions.measure(projectId);
    const beyond = this.#expressions.beyond(projectId);
    const reasons = this.list(projectId).flatMap(({ id, alert_type, enabled }): [string, string][] => {
      if (enabled && !this.#options.kinds.has(alert_type)) return [[id, `Its kind ${alert_type} is not known here.`]];
      return beyond.has(id) ? [[id, beyondBudget]] : [];
    });
    return new Map(reasons);
  }

  /** Puts a whole rule in place of another. One that says the same changes nothing, not even the version. */
  async replace(request: ChangeRequest, input: object): Promise<AlertRule> {
    const projectId = this.get(request).project_id;
    await this.#expressions.measure(projectId);
    const accepted = this.#accept(projectId, request.id, input);
    const release = this.#expressions.take(projectId, request.id, accepted);
    try {
      return await this.#options.rules.change(request, (current) => ({
        ...current,
        ...accepted,
        revision: goesOn(current, accepted) ? current.revision : current.revision + 1,
      }));
    } finally {
      release();
    }
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
    if (namesake) throw invalidRule([{ field: 'name', message: 'is the name of another rule' }]);
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

/** Whether a rule's alerts continue through a change; otherwise it starts over, with another revision. */
function goesOn(current: AlertRule, next: StoredInput): boolean {
  // What was known of it went when it was turned off. Under the same revision, alerts would get the ids of former ones.
  const isTurnedOn = next.enabled && !current.enabled;
  return !isTurnedOn && next.cooldown_minutes === current.cooldown_minutes && countsTheSame(current, next);
}

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
