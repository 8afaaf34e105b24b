import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { type CompiledRule, severityNumbers } from './compiled-rule.ts';
import { FieldIndex } from './field-index.ts';
import { LiteralSearch } from './literal-search.ts';

/**
 * The rules of one project, found without asking each: by what a line must contain, else by a field that a filter fixes,
 * else by severity. Only those that are left are asked whole.
 */
export class ProjectMatcher {
  readonly #rules: readonly CompiledRule[];
  /** Rules that neither literals nor fields can find, by severity number. */
  readonly #bySeverity: readonly (readonly number[])[];
  readonly #fields: FieldIndex;
  readonly #search: LiteralSearch | undefined;
  /** The rule of each literal. */
  readonly #owners: readonly number[];
  /** Severity numbers of the rules that have literals: other lines are not searched. */
  readonly #searched: readonly boolean[];
  /** The line for which each rule was asked last, so that none is asked twice. */
  readonly #asked: Float64Array;
  #line = 0;

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
    this.#asked = new Float64Array(rules.length);
    const indexes = rules.map((_, index) => index);
    const { literal = [], field = [], severity = [] } = Object.groupBy(indexes, (index) => accessOf(rules[index]!));
    const numbers = Array.from({ length: severityNumbers }, (_, number) => number);
    this.#bySeverity = numbers.map((number) => severity.filter((index) => rules[index]!.severities[number]));
    this.#searched = numbers.map((number) => literal.some((index) => rules[index]!.severities[number]));
    this.#fields = new FieldIndex(field.map((index) => [rules[index]!.required, index]));
    const literals = literal.flatMap((index) => (rules[index]!.literals ?? []).map((text) => ({ text, index })));
    this.#owners = literals.map(({ index }) => index);
    this.#search = literals.length > 0 ? new LiteralSearch(literals.map(({ text }) => text)) : undefined;
  }

  /** Asks one rule after the other: gives each that the line matches, and undefined for each that it does not. */
  *ask(record: LogRecord): Generator<CompiledRule | undefined> {
    for (const rule of this.#candidates(record)) yield rule.matches(record) ? rule : undefined;
  }

  #candidates(record: LogRecord): CompiledRule[] {
    const { severity_number: number } = record;
    this.#line += 1;
    const candidates: CompiledRule[] = [];
    const add = (index: number) => {
      if (this.#asked[index] === this.#line) return;
      this.#asked[index] = this.#line;
      const rule = this.#rules[index] as CompiledRule;
      if (rule.severities[number] !== false) candidates.push(rule);
    };
    for (const index of this.#bySeverity[number] ?? []) add(index);
    this.#fields.each(record, add);
    if (this.#search && this.#searched[number]) this.#search.each(record.body, (at) => add(this.#owners[at] as number));
    return candidates;
  }
}

function accessOf({ literals, required }: CompiledRule): 'literal' | 'field' | 'severity' {
  if (literals?.every((text) => text.length >= 2)) return 'literal';
  return FieldIndex.canFind(required) ? 'field' : 'severity';
}
