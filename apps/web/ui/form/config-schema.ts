import { labelOf } from '../text/labels.ts';

/** As much of JSON Schema as a configuration, or the conditions of a rule, use. */
interface JsonField {
  readonly type?: unknown;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly default?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly enum?: unknown;
  readonly items?: unknown;
  readonly examples?: unknown;
}

/** How a field of a configuration is asked for. */
export interface ConfigField {
  readonly name: string;
  readonly label: string;
  readonly kind: 'text' | 'number' | 'boolean' | 'choice' | 'choices' | 'list' | 'json';
  readonly choices: readonly string[];
  readonly description: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** What is used when the field is left out, as text. */
  readonly fallback: string;
  /** What a new form begins with; undefined where it begins empty. */
  readonly example?: unknown;
  /** Whether few people need it: it has a default, or names another endpoint. */
  readonly isAdvanced: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

export interface ConfigDescription {
  readonly config_schema: Readonly<Record<string, unknown>>;
  readonly secret_fields?: readonly string[];
  readonly endpoint_fields?: readonly string[];
}

/** The fields of a form for a configuration, required ones first. */
export function fieldsOf({
  config_schema,
  secret_fields = [],
  endpoint_fields = [],
}: ConfigDescription): ConfigField[] {
  const properties = isObject(config_schema.properties) ? config_schema.properties : {};
  const required = Array.isArray(config_schema.required) ? config_schema.required : [];
  const fields = Object.entries(properties).map(([name, property]): ConfigField => {
    const field: JsonField = isObject(property) ? property : {};
    // Where a schema describes what is stored, a field with a default is always there.
    const isRequired = required.includes(name) && field.default === undefined;
    return {
      name,
      label: typeof field.title === 'string' ? field.title : labelOf(name),
      kind: kindOf(field),
      choices: choicesOf(field) ?? choicesOf(field.items) ?? [],
      description: typeof field.description === 'string' ? field.description : '',
      isRequired,
      isSecret: secret_fields.includes(name),
      fallback: field.default === undefined ? '' : String(field.default),
      example: Array.isArray(field.examples) ? field.examples[0] : undefined,
      isAdvanced: !isRequired && (field.default !== undefined || endpoint_fields.includes(name)),
      min: typeof field.minimum === 'number' ? field.minimum : undefined,
      max: typeof field.maximum === 'number' ? field.maximum : undefined,
    };
  });
  return fields.sort((a, b) => Number(b.isRequired) - Number(a.isRequired));
}

function choicesOf(field: unknown): string[] | undefined {
  return isObject(field) && Array.isArray(field.enum) ? field.enum.map(String) : undefined;
}

function kindOf({ type, enum: choices, items }: JsonField): ConfigField['kind'] {
  if (Array.isArray(choices)) return 'choice';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'boolean';
  if (type === 'array') return choicesOf(items) ? 'choices' : 'list';
  return type === 'object' ? 'json' : 'text';
}

/** What stands in a form, by field. */
export type FormValues = Readonly<Record<string, string>>;

/** What a new form begins with. */
export function exampleValues(fields: readonly ConfigField[]): FormValues {
  return formValues(fields, Object.fromEntries(fields.map(({ name, example }) => [name, example])));
}

/** A stored configuration as it stands in the form. */
export function formValues(fields: readonly ConfigField[], config: Readonly<Record<string, unknown>>): FormValues {
  return Object.fromEntries(
    fields.flatMap(({ name, kind }) => {
      const value = config[name];
      if (value === undefined || value === null) return [];
      if ((kind === 'list' || kind === 'choices') && Array.isArray(value))
        return [[name, value.map(String).join('\n')]];
      return [[name, kind === 'json' ? JSON.stringify(value, undefined, 2) : String(value)]];
    }),
  );
}

/**
 * The configuration that a form means. What is empty is left out: a secret left out keeps the stored one.
 * @param options.stored names of secrets that are stored, and need not be given again
 * @param options.verbatim whether spaces at the ends of a text are part of it
 * @returns `problems` by field: what is required and empty, and what is not of the field's kind or within its bounds
 */
export function configOf(
  fields: readonly ConfigField[],
  values: FormValues,
  {
    stored = [],
    verbatim = false,
  }: { readonly stored?: readonly string[] | undefined; readonly verbatim?: boolean } = {},
): { readonly config: Record<string, unknown>; readonly problems: ReadonlyMap<string, string> } {
  const config: Record<string, unknown> = {};
  const problems = new Map<string, string>();
  for (const field of fields) {
    const { name, kind } = field;
    const written = values[name] ?? '';
    const text = kind === 'text' && verbatim ? written : written.trim();
    if (text === '') {
      if (field.isRequired && !stored.includes(name))
        problems.set(name, kind === 'choices' ? 'needs at least one' : 'is required');
      continue;
    }
    if (kind === 'number') {
      config[name] = Number(text);
      const problem = numberProblem(field, text);
      if (problem !== undefined) problems.set(name, problem);
    } else if (kind === 'boolean') config[name] = text === 'true';
    else if (kind === 'list' || kind === 'choices')
      config[name] = text
        .split('\n')
        .map((each) => each.trim())
        .filter(Boolean);
    else if (kind === 'json') {
      try {
        config[name] = JSON.parse(text);
      } catch {
        problems.set(name, 'must be JSON: paste the whole file');
      }
    } else config[name] = text;
  }
  return { config, problems };
}

function numberProblem({ min, max }: ConfigField, text: string): string | undefined {
  const number = Number(text);
  if (!Number.isFinite(number)) return 'must be a number';
  const isWithin = number >= (min ?? -Infinity) && number <= (max ?? Infinity);
  if (isWithin) return undefined;
  if (max === undefined || max >= Number.MAX_SAFE_INTEGER) return `must be at least ${min}`;
  return min === undefined || min <= Number.MIN_SAFE_INTEGER ? `must be at most ${max}` : `must be ${min} to ${max}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
