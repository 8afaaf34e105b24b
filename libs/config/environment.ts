import { readFileSync } from 'node:fs';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { type output, ZodDefault, type ZodObject, ZodOptional, type ZodType } from 'zod';
import { settingDescriptions } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with one variable. Never holds a secret's value. */
interface SettingProblem {
  readonly variable: string;
  readonly message: string;
}

/** The environment cannot be used. The message names every bad variable and what it takes. */
export class SettingsError extends TailraceError {
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    super(
      ['these settings cannot be used:', ...problems.map((each) => `  ${each.variable}: ${each.message}`)].join('\n'),
      {
        code: 'config.invalid',
        remedy: 'give-up',
        help: 'Correct the environment variables and start again. docs/configuration.md lists every setting.',
      },
    );
    this.problems = problems;
  }
}

/** The environment variable of a setting: `kafkaBrokers` → `KAFKA_BROKERS`. */
export function variableOf(key: string): string {
  return key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

/**
 * Reads a role's settings. An empty variable counts as unset, since compose files pass unset ones on as empty.
 * @throws SettingsError naming every bad variable.
 */
export function loadSettings<Schema extends ZodObject>(schema: Schema, env: Environment): output<Schema> {
  const problems: SettingProblem[] = [];
  const input: Record<string, string> = {};
  for (const [key, type] of Object.entries(schema.shape)) {
    const value = read(variableOf(key), settingOf(type)?.secret === true, env, problems);
    if (value !== undefined) input[key] = value;
  }
  const result = schema.safeParse(input);
  for (const issue of result.error?.issues ?? []) {
    problems.push({ variable: variableOf(String(issue.path[0])), message: issue.message });
  }
  const unique = problems.filter(
    (each, index) => problems.findIndex((other) => other.variable === each.variable) === index,
  );
  if (!result.success || unique.length > 0) throw new SettingsError(unique.map((each) => explain(each, input, schema)));
  return result.data;
}

/** What `setting.ts` says of a type, also beneath `.default()` and `.optional()`. */
export function settingOf(type: unknown) {
  let inner = type;
  while (inner instanceof ZodDefault || inner instanceof ZodOptional) inner = inner.def.innerType;
  return isZodType(inner) ? settingDescriptions.get(inner) : undefined;
}

function isZodType(value: unknown): value is ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value;
}

function read(variable: string, isSecret: boolean, env: Environment, problems: SettingProblem[]): string | undefined {
  const value = env[variable];
  if (value !== undefined && value.trim() !== '') return value.trim();
  const path = isSecret ? env[`${variable}_FILE`] : undefined;
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    problems.push({ variable, message: `cannot be read from ${variable}_FILE: ${messageOf(error)}` });
    return undefined;
  }
}

function explain(problem: SettingProblem, input: Readonly<Record<string, string>>, schema: ZodObject): SettingProblem {
  const [key, type] = Object.entries(schema.shape).find(([each]) => variableOf(each) === problem.variable) ?? [];
  const given = key === undefined ? undefined : input[key];
  const setting = settingOf(type);
  if (given === undefined) {
    const missing = problem.message.startsWith('Invalid input')
      ? `is required (${setting?.accepts ?? 'a value'})`
      : problem.message;
    return { variable: problem.variable, message: missing };
  }
  const shown = setting?.secret === true ? '' : `; got ${JSON.stringify(given.slice(0, 200))}`;
  return { variable: problem.variable, message: `${problem.message}${shown}` };
}
