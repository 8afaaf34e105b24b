import { randomBytes } from 'node:crypto';
import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import { type ValidRule, validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { type ChangeRequest, existing, visible } from '../change-request.ts';
import { requireMatch } from '../entity-tag.ts';
import type { ProjectTable } from '../project-table.ts';
import type { TableWriter } from '../table-writer.ts';

/** A channel as a rule names it. */
interface NamedChannel {
  readonly id: string;
  readonly name: string;
}

export interface AlertRuleServiceOptions {
  readonly rules: ProjectTable<AlertRule>;
  readonly writer: TableWriter<AlertRule>;
  readonly kinds: RuleKinds;
  readonly channelsOf: (projectId: string) => readonly NamedChannel[];
  readonly maxPerProject: number;
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

  async create(projectId: string, input: object): Promise<AlertRule> {
    const { rules, writer, maxPerProject } = this.#options;
    if (rules.ofProject(projectId).length >= maxPerProject) {
      throw new Problem(422, { detail: `The project has ${maxPerProject} alert rules, the most a project may have.` });
    }
    const id = `rule_${randomBytes(12).toString('hex')}`;
    const now = Date.now() * 1000;
    const rule = {
      id,
      project_id: projectId,
      ...this.#accept(projectId, id, input),
      revision: 1,
      version: 1,
      created_at: now,
      updated_at: now,
    };
    return existing(await writer.change(id, () => rule));
  }

  get({ id, projects }: ChangeRequest): AlertRule {
    return visible(this.#options.rules.table.get(id), projects);
  }

  list(projectId: string): readonly AlertRule[] {
    return this.#options.rules.ofProject(projectId);
  }

  /** Puts a whole rule in place of another. One that says the same changes nothing, not even the version. */
  async replace({ id, projects, ifMatch }: ChangeRequest, input: object): Promise<AlertRule> {
    const { project_id: projectId } = this.get({ id, projects });
    const accepted = this.#accept(projectId, id, input);
    return existing(
      await this.#options.writer.change(id, (newest) => {
        const current = visible(newest, projects);
        requireMatch(ifMatch, current.version);
        const next = { ...current, ...accepted };
        if (isSame(current, next, Object.keys(accepted))) return current;
        const revision = isSame(current, next, counted) ? current.revision : current.revision + 1;
        return { ...next, revision, version: current.version + 1, updated_at: Date.now() * 1000 };
      }),
    );
  }

  async delete({ id, projects, ifMatch }: ChangeRequest): Promise<void> {
    this.get({ id, projects });
    await this.#options.writer.change(id, (current) => {
      requireMatch(ifMatch, visible(current, projects).version);
      return undefined;
    });
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
    const namesake = rules.ofProject(projectId).find((other) => other.name === rule.name && other.id !== id);
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
const counted = ['alert_type', 'conditions', 'filter', 'group_by', 'cooldown_minutes'];

function isSame(one: AlertRule, other: AlertRule, fields: readonly string[]): boolean {
  const parts = (rule: AlertRule) => {
    const values = new Map<string, unknown>(Object.entries(rule));
    return JSON.stringify(fields.map((field) => values.get(field)));
  };
  return parts(one) === parts(other);
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
