import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { GENERATED, generateApiTypes } from '../generate-api-types.ts';
import { schemaType } from './schema-type.ts';

test('the types of the page and the command line are those of the API and the WebSocket (else: node scripts/generate-api-types.ts)', async () => {
  expect(readFileSync(GENERATED, 'utf8')).toBe(await generateApiTypes());
});

test.each([
  [{ type: 'string' }, 'string'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, 'number | null'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, 'readonly ("a" | "b")[]'],
  [{ $ref: '#/components/schemas/Line' }, 'Line'],
  [{ type: 'object', additionalProperties: { type: 'string' } }, 'Readonly<Record<string, string>>'],
  [{}, 'unknown'],
])('%j is %s', (schema, type) => {
  expect(schemaType(schema)).toBe(type);
});
