import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ConfigKind, FieldError, GivenConfig } from './config-kind.ts';

/** Stored secrets that a change of the configuration may not keep. */
interface MovedSecrets {
  readonly fields: ReadonlySet<string>;
  /** Those that have to be given again; the others are sent nowhere by the new configuration and are forgotten. */
  readonly errors: readonly FieldError[];
}

/**
 * Finds the secrets that were left out, and so would be kept, although a field that decides where they go has changed: a
 * secret never goes to an address it was not given for.
 *
 * @param stored what is stored, secrets included
 * @param given the configuration in its place; what it leaves out is the field's default, or for a secret the stored one
 */
export function movedSecrets(kind: ConfigKind, stored: GivenConfig, given: GivenConfig): MovedSecrets {
  const { secretFields, secretAddresses } = kind;
  const isKept = (field: string) => secretFields.includes(field) && field in stored && !(field in given);
  const hasChanged = (address: string) =>
    !isKept(address) && !isDeepStrictEqual(effective(kind, stored, address), effective(kind, given, address));
  const moved = new Map<string, string>();
  for (const [secret, addresses] of Object.entries(secretAddresses)) {
    const changed = isKept(secret) ? addresses.find(hasChanged) : undefined;
    if (changed !== undefined) moved.set(secret, changed);
  }
  const unused = kind.unusedSecrets?.(given) ?? [];
  const errors = [...moved].flatMap(([secret, address]) =>
    unused.includes(secret) ? [] : [askAgain(secret, address)],
  );
  return { fields: new Set(moved.keys()), errors };
}

/** With its default, so that naming the default is no change. */
function effective({ configSchema }: ConfigKind, config: GivenConfig, field: string): unknown {
  const type = configSchema.shape[field];
  const value = config[field] ?? undefined;
  const parsed = type === undefined ? undefined : z.safeParse(type, value);
  return parsed?.success === true ? parsed.data : value;
}

function askAgain(field: string, address: string): FieldError {
  return {
    field,
    message: `must be given again, because ${address} decides where it goes and has changed; null removes it`,
  };
}

/** Adds the secrets that have to be given again to what the schema says, which of those would only say that they are missing. */
export function withMoved(moved: readonly FieldError[], errors: readonly FieldError[]): readonly FieldError[] {
  return [...moved, ...errors.filter(({ field }) => moved.every((each) => each.field !== field))];
}
