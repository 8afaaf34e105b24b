import { canonicalForm } from '../schema/canonical-form.ts';
import { fingerprintOf } from '../schema/fingerprint.ts';
import { parseSchema } from '../schema/schema.ts';

/**
 * Schemas that came from a registry, in canonical form by fingerprint. One collection serves all codecs: what a
 * fingerprint stands for is the same for everybody.
 */
const learned = new Map<string, string>();

/**
 * Makes bytes of a writer's schema readable to every codec whose schema it resolves to.
 * @returns its fingerprint
 * @throws SchemaError
 */
export function learnSchema(schema: string): string {
  const form = canonicalForm(parseSchema(schema));
  const fingerprint = fingerprintOf(form);
  learned.set(fingerprint, form);
  return fingerprint;
}

export function learnedSchema(fingerprint: string): string | undefined {
  return learned.get(fingerprint);
}
