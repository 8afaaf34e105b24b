import type { JsonSchema } from './schema-type.ts';

/** As much of an answer as a program stands on that was written against its schema: lists and objects, where they must be. */
interface AnswerShape {
  readonly list?: AnswerShape;
  readonly fields?: Readonly<Record<string, AnswerShape>>;
  /** Name of a shape that is written once. */
  readonly ref?: string;
  readonly either?: readonly AnswerShape[];
  readonly nullable?: true;
}

/** The shape of what a JSON schema accepts; undefined where it is neither a list nor an object. */
export function answerShape(schema: JsonSchema | undefined): AnswerShape | undefined {
  if (schema === undefined) return undefined;
  if (schema.$ref !== undefined) return { ref: schema.$ref.split('/').at(-1) ?? '' };
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return alternatives(either);
  const types = [schema.type ?? []].flat();
  if (types.includes('array')) return { list: answerShape(schema.items) ?? {}, ...nullable(types.includes('null')) };
  if (!types.includes('object')) return undefined;
  const fields = (schema.required ?? []).flatMap((name) => {
    const shape = answerShape(schema.properties?.[name]);
    return shape === undefined ? [] : [[name, shape] as const];
  });
  return { fields: Object.fromEntries(fields), ...nullable(types.includes('null')) };
}

function alternatives(schemas: readonly JsonSchema[]): AnswerShape | undefined {
  const isNull = (schema: JsonSchema) => schema.type === 'null' || schema.const === null;
  const shapes = schemas.filter((each) => !isNull(each)).map(answerShape);
  const known = shapes.filter((each) => each !== undefined);
  // One that may be a text as well says nothing.
  if (known.length === 0 || known.length < shapes.length) return undefined;
  const [only, ...others] = known;
  const hasNull = schemas.some(isNull);
  return others.length === 0 ? { ...only, ...nullable(hasNull) } : { either: known, ...nullable(hasNull) };
}

function nullable(is: boolean): { nullable?: true } {
  return is ? { nullable: true } : {};
}
