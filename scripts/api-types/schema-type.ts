import { z } from 'zod';

/** As much of JSON Schema as zod writes. */
export const jsonSchema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  const: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  description: z.string().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get items() {
    return jsonSchema.optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), jsonSchema]).optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
  get oneOf() {
    return z.array(jsonSchema).optional();
  },
  get allOf() {
    return z.array(jsonSchema).optional();
  },
});

export type JsonSchema = z.output<typeof jsonSchema>;

/** The TypeScript type of what a JSON schema accepts. References name types of the same module. */
export function schemaType(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? 'unknown';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return [...new Set(either.map((each) => inUnion(schemaType(each))))].join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map((each) => inUnion(schemaType(each))).join(' & ');
  const types = [schema.type ?? []].flat();
  if (types.length === 0) return 'unknown';
  return types.map((type) => typeOf(type, schema)).join(' | ');
}

function typeOf(type: string, schema: JsonSchema): string {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'array':
      return schema.items === undefined ? 'readonly unknown[]' : `readonly ${inUnion(schemaType(schema.items))}[]`;
    case 'object':
      return objectType(schema);
    default:
      throw new Error(`no type of JSON: ${type}`);
  }
}

function objectType({ properties, required = [], additionalProperties }: JsonSchema): string {
  if (properties === undefined) {
    const values = typeof additionalProperties === 'object' ? schemaType(additionalProperties) : 'unknown';
    return `Readonly<Record<string, ${values}>>`;
  }
  const fields = Object.entries(properties).map(([name, property]) => {
    const doc = property.description === undefined ? '' : `/** ${property.description.replaceAll('*/', '*\\/')} */\n`;
    const optional = required.includes(name) ? '' : '?';
    const type = schemaType(property);
    return `${doc}readonly ${JSON.stringify(name)}${optional}: ${optional ? `${type} | undefined` : type};`;
  });
  const more =
    additionalProperties === undefined || additionalProperties === false ? '' : ' & Readonly<Record<string, unknown>>';
  return `{\n${fields.join('\n')}\n}${more}`;
}

function inUnion(type: string): string {
  return /[|&]/.test(type) && !type.startsWith('{') ? `(${type})` : type;
}
