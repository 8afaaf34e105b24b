import { isDeepStrictEqual } from 'node:util';
import { Problem } from '@tailrace/http/problem.ts';
import { type CompiledRules, compileRules } from '@tailrace/normalise/own-parsing/compile-rules.ts';
import { maxRulesVersion } from '@tailrace/normalise/own-parsing/line-version.ts';
import { type ParsingRule, parsingRule } from '@tailrace/normalise/own-parsing/parsing-rule.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionParsing } from '@tailrace/schemas/generated/connection-parsing.ts';
import { z } from 'zod';

const field = 'body.parsing_rules';

/** Checks rules and makes them ready. @throws Problem 422 that names every wrong field. */
export function requireRules(given: readonly unknown[]): CompiledRules {
  const compiled = compileRules(given);
  if (!('problems' in compiled)) return compiled;
  const errors = compiled.problems.map((each) => ({
    field: each.field === '' ? field : `${field}.${each.field}`,
    message: each.message,
  }));
  throw new Problem(422, { detail: errors.map((each) => `${each.field}: ${each.message}`).join('; '), errors });
}

/**
 * What is stored of the rules after a change. Taking all out is a change too: the lines that they have read are outdated.
 * @param given left out: they stay. @param now microseconds since the epoch
 * @throws Problem 422 that names every wrong field, 409 where they have changed too often.
 */
export function nextParsing(
  current: ConnectionParsing | null,
  given: readonly unknown[] | undefined,
  now: number,
): ConnectionParsing | null {
  if (given === undefined) return current;
  requireRules(given);
  if (isDeepStrictEqual(given, current === null ? [] : rulesIn(current))) return current;
  const version = (current?.version ?? 0) + 1;
  if (version > maxRulesVersion) {
    throw new Problem(409, { detail: `The rules have changed ${maxRulesVersion} times. Create another connection.` });
  }
  return { version, rules: JSON.stringify(given), changed_at: now };
}

/** The rules of a connection as they were given. One that code of another version took and this one does not is left out. */
export function rulesOf({ parsing }: Pick<Connection, 'parsing'>): ParsingRule[] {
  return parsing === null ? [] : rulesIn(parsing);
}

const stored = z.array(z.unknown());

function rulesIn({ rules }: ConnectionParsing): ParsingRule[] {
  return stored.parse(JSON.parse(rules)).flatMap((rule) => parsingRule.safeParse(rule).data ?? []);
}
