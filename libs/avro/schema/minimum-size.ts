import type { Schema } from './schema.ts';

/**
 * Bytes that a value of the schema takes at least. It bounds how many items a block can really hold, whatever count a
 * corrupt record claims.
 */
export function minimumSize(schema: Schema): number {
  switch (schema.type) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return schema.size;
    case 'record':
      return schema.fields.reduce((sum, field) => sum + minimumSize(field.schema), 0);
    default:
      return 1;
  }
}
