import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { output, ZodObject } from 'zod';
import { bucketMs } from './bucket.ts';
import { type FieldProblem, fieldProblems } from './field-problems.ts';

/** Which lines a rule counts: those that satisfy everything that is given. The rule's filter narrows them further. */
export interface LineSelection {
  /** Which severity numbers count; 0 is a line without a level. Asked once for each number, not for each line. */
  readonly severities?: (severityNumber: number) => boolean;
  /** An RE2 expression that finds something in the body. Lines that lack its literal parts are never tried. */
  readonly regex?: string;
  /** Anything else. Runs last, for each line that passed the others; must depend on the record alone. */
  readonly test?: (record: LogRecord) => boolean;
}

/** It holds while the window has enough lines, from the bucket whose lines complete the number. */
export interface CountCondition {
  readonly type: 'count';
  /** Span of event time over which lines are added up, milliseconds: whole buckets of 10 s, at most a day. */
  readonly windowMs: number;
  /** Lines that the window must have, 1 at least. */
  readonly atLeast: number;
  /** How the count is shown to people. */
  readonly unit: 'lines' | 'lines_per_minute';
  /** What the rule asked for, in that unit. */
  readonly threshold: number;
  /** What an alert counts as repeats within its cooldown: further lines, or that the condition came to hold again. */
  readonly repeats: 'lines' | 'crossings';
}

/** It holds once a group that has had lines, or is known of, has had none for the window. */
export interface SilenceCondition {
  readonly type: 'silence';
  /** As in `CountCondition`. */
  readonly windowMs: number;
}

export type Condition = CountCondition | SilenceCondition;

/** A kind of rule as its file declares it: `alert_type`, what people write as `conditions`, and what that means. */
export interface RuleKindDefinition<Schema extends ZodObject = ZodObject> {
  readonly type: string;
  /** What people choose it by: `Too many errors`. Left out: the type. */
  readonly title?: string;
  /** A rule's condition in words, with fields of its conditions in braces: `a line like /{pattern}/`. Left out: the title. */
  readonly summary?: string;
  /**
   * What it accepts it must accept again in the form it puts out, for that form is what is stored. Forms are made from it:
   * a field's `title` is its label, its description the help below it, and the first of its `examples` what a new rule
   * begins with.
   */
  readonly conditionsSchema: Schema;
  lines(conditions: output<Schema>): LineSelection;
  condition(conditions: output<Schema>): Condition;
  /** For a kind that always watches each value of this for itself; such a rule takes no other `group_by`. */
  readonly groupBy?: string;
}

/** What a kind makes of one rule's conditions. */
export interface RulePlan {
  readonly lines: LineSelection;
  readonly condition: Condition;
}

export type ReadConditions =
  | { readonly ok: true; readonly conditions: Readonly<Record<string, unknown>>; readonly plan: RulePlan }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** A kind of rule as everything else uses it, whatever its conditions are. */
export interface RuleKind {
  readonly type: string;
  /** See `RuleKindDefinition`. */
  readonly title: string;
  /** See `RuleKindDefinition`. */
  readonly summary: string;
  readonly conditionsSchema: ZodObject;
  readonly groupBy: string | undefined;
  /** @param conditions as a person wrote them, or as they are stored. */
  read(conditions: unknown): ReadConditions;
  /** What stored conditions select. They were checked before they were stored, and are not checked again. */
  storedLines(conditions: Readonly<Record<string, unknown>>): LineSelection;
}

/** Every kind that a program knows, by `alert_type`. */
export type RuleKinds = ReadonlyMap<string, RuleKind>;

export function ruleKind<Schema extends ZodObject>(definition: RuleKindDefinition<Schema>): RuleKind {
  const { type, title = type, summary = title, conditionsSchema, groupBy } = definition;
  return {
    type,
    title,
    summary,
    conditionsSchema,
    groupBy,
    read(given) {
      const parsed = conditionsSchema.safeParse(given);
      if (!parsed.success) return { ok: false, problems: fieldProblems(parsed.error, `conditions of ${type}`) };
      const condition = definition.condition(parsed.data);
      expectWholeBuckets(type, condition.windowMs);
      return { ok: true, conditions: parsed.data, plan: { lines: definition.lines(parsed.data), condition } };
    },
    storedLines: (conditions) => definition.lines(conditions as output<Schema>),
  };
}

function expectWholeBuckets(type: string, windowMs: number): void {
  const buckets = windowMs / bucketMs;
  if (Number.isInteger(buckets) && buckets >= 1 && buckets <= 8640) return;
  throw new RangeError(`${type}: a window of ${windowMs} ms is not 1 to 8640 buckets of ${bucketMs} ms`);
}
