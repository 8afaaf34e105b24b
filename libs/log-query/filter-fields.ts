import { z } from 'zod';

const maxFields = 20;
const maxValues = 100;
const value = z.string().max(1000);

const named = z
  .record(z.string().min(1).max(256), z.union([value, z.array(value).min(1)]))
  .refine((given) => Object.keys(given).length <= maxFields, `must be at most ${maxFields}`)
  .refine((given) => Object.values(given).flat().length <= maxValues, `must have at most ${maxValues} values in all`);

const { $schema: _, ...shape } = z.toJSONSchema(named, { io: 'input' });

/** Zod leaves such a key out of a record, and a filter without its condition lets every line through. */
const withoutPrototype = z
  .unknown()
  .refine((given) => !isObject(given) || !Object.hasOwn(given, '__proto__'), {
    error: 'cannot be called __proto__ here',
    abort: true,
  })
  .meta(shape);

/** Names of attributes, each with a value or several. */
export const filterFields = withoutPrototype.pipe(named);

/** The values that a filter gives for one name, each once. */
export function valuesOf(given: string | readonly string[]): readonly string[] {
  return typeof given === 'string' ? [given] : [...new Set(given)];
}

/** Fields from single pairs: the values of one name together. */
export function fieldsOf(pairs: Iterable<readonly [name: string, value: string]>): Record<string, string | string[]> {
  const byName = new Map<string, string[]>();
  for (const [name, value] of pairs) byName.set(name, [...(byName.get(name) ?? []), value]);
  return Object.fromEntries(
    Array.from(byName, ([name, values]) => [name, values.length === 1 ? values.join() : values]),
  );
}

function isObject(given: unknown): given is object {
  return typeof given === 'object' && given !== null;
}
