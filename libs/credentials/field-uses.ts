import type { output, ZodObject } from 'zod';

/**
 * What a field of a configuration is to the secrets beside it. `addressOf` names the secrets whose destination the field
 * decides (host, port, transport security): a stored secret is never sent to an address it was not given for, so a change
 * of such a field asks for those secrets again. An address that is a secret itself, such as a webhook's, is a
 * `secretAddressOf` the others.
 */
export type FieldUse<Field extends string = string> =
  | 'setting'
  | 'secret'
  | { readonly addressOf: readonly Field[] }
  | { readonly secretAddressOf: readonly Field[] };

/** The use of every field of a schema: a kind that forgets to say what one of its fields is does not compile. */
export type FieldUses<Schema extends ZodObject> = {
  readonly [Field in keyof output<Schema> & string]-?: FieldUse<keyof output<Schema> & string>;
};

/** What the uses of a kind's fields amount to. */
export interface SecretRules {
  /** Sealed, and never given back. */
  readonly secretFields: readonly string[];
  /** Fields that name a host. */
  readonly addressFields: readonly string[];
  /** For each secret, the fields that decide where it goes. */
  readonly secretAddresses: Readonly<Record<string, readonly string[]>>;
}

export function secretRules(uses: Readonly<Record<string, FieldUse>>): SecretRules {
  const all = Object.entries(uses);
  const secretFields = all.flatMap(([field, use]) => (isSecret(use) ? [field] : []));
  const addressFields = all.flatMap(([field, use]) => (typeof use === 'object' ? [field] : []));
  const addressesOf = (secret: string) =>
    all.flatMap(([field, use]) => (destinedBy(use).includes(secret) ? [field] : []));
  return {
    secretFields,
    addressFields,
    secretAddresses: Object.fromEntries(secretFields.map((secret) => [secret, addressesOf(secret)])),
  };
}

function isSecret(use: FieldUse): boolean {
  return use === 'secret' || (typeof use === 'object' && 'secretAddressOf' in use);
}

function destinedBy(use: FieldUse): readonly string[] {
  if (typeof use === 'string') return [];
  return 'addressOf' in use ? use.addressOf : use.secretAddressOf;
}
