import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import {
  type Credentials,
  CredentialsError,
  openCredentials,
  sealCredentials,
  sealedFields,
} from '@tailrace/credentials/sealed-credentials.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { z } from 'zod';

/** A configuration as a person gives it: settings and secrets side by side. */
export type GivenConfig = Readonly<Record<string, unknown>>;

/** What says which fields a configuration has: a connector, a kind of channel. */
export interface ConfigKind {
  readonly configSchema: z.ZodObject;
  readonly secretFields: readonly string[];
}

/** A configuration taken apart. */
export interface SplitConfig {
  /** As they were given: defaults are not filled in, so the installation's can still change. */
  readonly settings: GivenConfig;
  readonly secrets: Credentials;
}

export interface FieldError {
  /** Empty when it is about the whole. */
  readonly field: string;
  readonly message: string;
}

/** Where a configuration is stored: its settings as JSON, its secrets sealed for the id of what has them. */
export interface StoredConfig {
  readonly id: string;
  readonly config: string;
  readonly sealed_credentials: string | null;
}

/** Takes the secrets out. A secret left out is taken from `stored`; `null` removes it. */
export function splitConfig({ secretFields }: ConfigKind, given: GivenConfig, stored: Credentials): SplitConfig {
  const isSecret = (field: string) => secretFields.includes(field);
  const settings = pick(given, (field, value) => !isSecret(field) && value !== null);
  const secrets = pick({ ...stored, ...pick(given, isSecret) }, (field, value) => isSecret(field) && value !== null);
  return { settings, secrets };
}

/** What the schema says is wrong. An unknown field is wrong: it might be a misspelt secret. */
export function configErrors(
  { configSchema }: ConfigKind,
  name: string,
  { settings, secrets }: SplitConfig,
): readonly FieldError[] {
  const known = Object.keys(configSchema.shape);
  const unknown = Object.keys(settings)
    .filter((field) => !known.includes(field))
    .map((field) => ({ field, message: `is not a field of ${name}; known are ${known.join(', ')}` }));
  const issues = configSchema.safeParse({ ...settings, ...secrets }).error?.issues ?? [];
  const wrong = issues
    .filter((issue) => issue.code !== 'unrecognized_keys')
    .map(({ path, message }) => ({ field: path.join('.'), message }));
  return [...unknown, ...wrong];
}

/** @param within the field of the request that holds the configuration. */
export function invalidConfig(within: string, errors: readonly FieldError[]): Problem {
  const named = errors.map(({ field, message }) => ({ field: field === '' ? within : `${within}.${field}`, message }));
  return new Problem(422, { detail: named.map((each) => `${each.field}: ${each.message}`).join('; '), errors: named });
}

/** Opens and seals the secrets of configurations. */
export class SecretKeeper {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** A new configuration in the form that is stored. */
  async store(id: string, { settings, secrets }: SplitConfig): Promise<Omit<StoredConfig, 'id'>> {
    return { config: JSON.stringify(settings), sealed_credentials: await this.#seal(id, secrets) };
  }

  /**
   * Another configuration in the place of a stored one. The stored secrets are opened only when one of them is kept, and
   * sealed anew only when one is given: so those that cannot be opened any more can be replaced, or left alone.
   *
   * @param accept takes the configuration apart and throws what is wrong with it.
   * @throws Problem 409 when secrets are kept that cannot be opened.
   */
  async replace(
    current: StoredConfig,
    { secretFields }: ConfigKind,
    given: GivenConfig,
    accept: (stored: Credentials) => SplitConfig,
  ): Promise<Omit<StoredConfig, 'id'>> {
    const keepsSecret = storedFields(current, secretFields).some((field) => !(field in given));
    const accepted = accept(keepsSecret ? await this.open(current) : {});
    const givesSecret = secretFields.some((field) => field in given);
    return {
      config: JSON.stringify(accepted.settings),
      sealed_credentials: givesSecret ? await this.#seal(current.id, accepted.secrets) : current.sealed_credentials,
    };
  }

  /** @throws Problem 409 that says what to do when they cannot be opened. */
  async open({ id, sealed_credentials: sealed }: StoredConfig): Promise<Credentials> {
    if (sealed === null) return {};
    try {
      return await openCredentials(this.#keys, id, sealed);
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      throw new Problem(409, { code: error.code, detail: `${error.message}. ${error.help}`, cause: error });
    }
  }

  async #seal(id: string, secrets: Credentials): Promise<string | null> {
    return Object.keys(secrets).length === 0 ? null : sealCredentials(this.#keys, id, secrets);
  }
}

/** Names of the stored secrets; any secret field may be among those that cannot be read. */
function storedFields({ sealed_credentials: sealed }: StoredConfig, secretFields: readonly string[]) {
  if (sealed === null) return [];
  try {
    return sealedFields(sealed);
  } catch {
    return secretFields;
  }
}

function pick(fields: GivenConfig, wanted: (field: string, value: unknown) => boolean): GivenConfig {
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => wanted(field, value)));
}
