import { type CompiledRule, compileRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import { validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import type { Asker } from '@tailrace/http/access/caller.ts';
import type { FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { invalidField, Problem } from '@tailrace/http/problem.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import { invalidRule, toStored } from '../alert-rules/alert-rule-service.ts';
import type { ProjectTable } from '../resources/project-table.ts';
import type { TimeRange } from '../stream/time-range.ts';
import { type BacktestLimits, type BacktestProgress, type BacktestResult, backtest } from './backtest.ts';

export interface BacktestServiceOptions {
  readonly kafka: Kafka;
  readonly kinds: RuleKinds;
  readonly rules: ProjectTable<AlertRule>;
  readonly connections: ProjectTable<Connection>;
  readonly limits: BacktestLimits;
  /** The places of those that run at once in this process. */
  readonly queue: FairQueue;
  readonly timeoutMs: number;
}

export interface BacktestInput {
  readonly projectId: string;
  readonly rule: object;
  /** A rule, or the id of a stored one. */
  readonly compareWith: object | string | undefined;
  readonly range: TimeRange;
}

/** A backtest whose rules have been read, and that has its place among those that run at once. */
export interface AdmittedBacktest {
  /** Gives its place back when it ends. To be called once. @throws Problem 504 when it takes too long. */
  run(report?: (progress: BacktestProgress) => void): Promise<BacktestResult>;
}

/** Ids of rules that are not stored. */
const firstId = 'rule_backtest_first';
const secondId = 'rule_backtest_second';
const retryAfterSeconds = 5;

export class BacktestService {
  readonly #options: BacktestServiceOptions;
  readonly #stopping = new AbortController();

  constructor(options: BacktestServiceOptions) {
    this.#options = options;
  }

  /**
   * Waits for a place, where there is none at once.
   * @throws Problem 422 for a wrong rule, 429 when enough are running and waiting.
   */
  async admit(
    { projectId, rule, compareWith, range }: BacktestInput,
    { caller, gone }: Asker,
  ): Promise<AdmittedBacktest> {
    const { kafka, connections, limits, queue } = this.#options;
    const rules = [this.#draft(projectId, firstId, rule, 'body.rule')];
    if (compareWith !== undefined) rules.push(this.#other(projectId, compareWith));
    const leave = await queue.enter(caller, gone);
    const known = connections
      .ofProject(projectId)
      .map(({ id, name, created_at: createdAt }) => ({ id, name, createdAt }));
    const request = { project: projectId, rules, range, connections: known };
    return {
      run: async (report) => {
        const deadline = AbortSignal.timeout(this.#options.timeoutMs);
        const any = AbortSignal.any([gone, this.#stopping.signal, deadline]);
        try {
          return await backtest(kafka, limits, request, any, report);
        } catch (error) {
          if (gone.aborted || !any.aborted) throw error;
          if (this.#stopping.signal.aborted) throw new Problem(503, { retryAfterSeconds, cause: error });
          const seconds = this.#options.timeoutMs / 1000;
          throw new Problem(504, { detail: `This takes more than ${seconds} s: give a shorter range.`, cause: error });
        } finally {
          leave();
        }
      },
    };
  }

  /** Ends those that run. */
  stop(): void {
    this.#stopping.abort();
  }

  #other(projectId: string, given: object | string): CompiledRule {
    if (typeof given !== 'string') return this.#draft(projectId, secondId, given, 'body.compare_with');
    const stored = this.#options.rules.table.get(given);
    if (stored?.project_id !== projectId) {
      throw invalidField('body.compare_with', `the project has no rule ${JSON.stringify(given)}`);
    }
    return this.#compile(stored, 'body.compare_with');
  }

  #draft(projectId: string, id: string, input: object, field: string): CompiledRule {
    const validation = validateRule(this.#options.kinds, input);
    if (!validation.ok) throw invalidRule(validation.problems, field);
    const { rule } = validation;
    const stored = toStored(rule, rule.notification_channels);
    const draft = { ...stored, id, project_id: projectId, revision: 1, version: 1, created_at: 0, updated_at: 0 };
    return this.#compile(draft, field);
  }

  #compile(rule: AlertRule, field: string): CompiledRule {
    const compiled = compileRule(this.#options.kinds, rule);
    if ('problem' in compiled) throw invalidField(field, compiled.problem);
    return compiled;
  }
}
