import type { Shape } from '@tailrace/http/contract/shape.ts';
import type { JsonSchema } from './schema-type.ts';

const scalars: Readonly<Record<string, string>> = { string: 's', integer: 'n', number: 'n', boolean: 'b' };

/** The shape of what a JSON schema accepts; undefined where that says too little to be checked. */
export function shapeOf(schema: JsonSchema | undefined): Shape | undefined {
  if (schema === undefined) return undefined;
  if (schema.$ref !== undefined) return { ref: schema.$ref.split('/').at(-1) ?? '' };
  if (typeof schema.const === 'string') return `=${schema.const}`;
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return alternatives(either);
  const types = [schema.type ?? []].flat();
  const isNullable = types.includes('null');
  const [type, ...others] = types.filter((each) => each !== 'null');
  if (type === undefined || others.length > 0) return undefined;
  if (type === 'array') return { list: shapeOf(schema.items) ?? {}, ...nullable(isNullable) };
  if (type !== 'object') return `${scalars[type]}${isNullable ? '?' : ''}`;
  const fields = (schema.required ?? []).flatMap((name) => {
    const shape = shapeOf(schema.properties?.[name]);
    return shape === undefined ? [] : [[name, shape] as const];
  });
  return { fields: Object.fromEntries(fields), ...nullable(isNullable) };
}

function alternatives(schemas: readonly JsonSchema[]): Shape | undefined {
  const isNull = (schema: JsonSchema) => schema.type === 'null' || schema.const === null;
  const shapes = schemas.filter((each) => !isNull(each)).map(shapeOf);
  const known = shapes.filter((each) => each !== undefined);
  // One that may be anything says nothing.
  if (known.length === 0 || known.length < shapes.length) return undefined;
  const [only, ...others] = known;
  const hasNull = schemas.some(isNull);
  if (others.length > 0 || only === undefined) return { either: known, ...nullable(hasNull) };
  if (typeof only !== 'string') return { ...only, ...nullable(hasNull) };
  return hasNull ? { either: [only], nullable: true } : only;
}

function nullable(is: boolean): { nullable?: true } {
  return is ? { nullable: true } : {};
}
