import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import {
  type Credentials,
  CredentialsError,
  openCredentials,
  sealCredentials,
  sealedFields,
} from '@tailrace/credentials/sealed-credentials.ts';
import { Problem } from '@tailrace/http/problem.ts';
import { z } from 'zod';
import type { ConfigKind, FieldError, GivenConfig } from './config-kind.ts';
import { movedSecrets } from './moved-secrets.ts';

/** A configuration taken apart. */
export interface SplitConfig {
  /** As they were given: defaults are not filled in, so the installation's can still change. */
  readonly settings: GivenConfig;
  readonly secrets: Credentials;
}

/** Where a configuration is stored: its settings as JSON, its secrets sealed for the id of what has them. */
export interface StoredConfig {
  readonly id: string;
  readonly config: string;
  readonly sealed_credentials: string | null;
}

/** How the kinds' routes say which fields decide where each secret goes: a form asks for the secret with them. */
export const secretAddressesView = z
  .record(z.string(), z.array(z.string()))
  .describe('For each secret, the fields that decide where it goes: a change of one asks for the secret again.');

export function toSecretAddressesView({ secretAddresses }: ConfigKind): z.output<typeof secretAddressesView> {
  return Object.fromEntries(Object.entries(secretAddresses).map(([secret, addresses]) => [secret, [...addresses]]));
}

/** Takes the secrets out. A secret left out is taken from `stored`; `null` removes it. */
export function splitConfig(
  { secretFields }: Pick<ConfigKind, 'secretFields'>,
  given: GivenConfig,
  stored: Credentials,
): SplitConfig {
  const isSecret = (field: string) => secretFields.includes(field);
  const settings = pick(given, (field, value) => !isSecret(field) && value !== null);
  const secrets = pick({ ...stored, ...pick(given, isSecret) }, (field, value) => isSecret(field) && value !== null);
  return { settings, secrets };
}

/** What the schema says is wrong. An unknown field is wrong: it might be a misspelt secret. */
export function configErrors(
  { configSchema }: Pick<ConfigKind, 'configSchema'>,
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
   * sealed again only when they change: so those that cannot be opened any more can be replaced, or left alone. A secret
   * is kept only as long as it goes where it was given for; otherwise it has to be given again.
   *
   * @param accept takes the configuration apart and throws what is wrong with it, `moved` included: the secrets that have
   * to be given again, and why.
   * @throws Problem 409 when secrets are kept that cannot be opened.
   */
  async replace(
    current: StoredConfig,
    kind: ConfigKind,
    given: GivenConfig,
    accept: (stored: Credentials, moved: readonly FieldError[]) => SplitConfig,
  ): Promise<Omit<StoredConfig, 'id'>> {
    const { secretFields } = kind;
    const keepsSecret = storedFields(current, secretFields).some((field) => !(field in given));
    const stored = keepsSecret ? await this.open(current, kind) : {};
    const moved = movedSecrets(kind, { ...settingsOf(current), ...stored }, given);
    const kept = pick(stored, (field) => !moved.fields.has(field));
    const accepted = accept(kept, moved.errors);
    const changes =
      moved.fields.size > 0 || secretFields.some((field) => field in given || field in settingsOf(current));
    return {
      config: JSON.stringify(accepted.settings),
      sealed_credentials: changes ? await this.#seal(current.id, accepted.secrets) : current.sealed_credentials,
    };
  }

  /** @throws Problem 409 that says what to do when they cannot be opened. */
  async open(stored: StoredConfig, { secretFields }: Pick<ConfigKind, 'secretFields'>): Promise<Credentials> {
    const { id, sealed_credentials: sealed } = stored;
    // A field that became a secret only after the configuration was stored stands among its settings.
    const inClear = pick(settingsOf(stored), (field) => secretFields.includes(field));
    if (sealed === null) return inClear;
    try {
      return { ...inClear, ...(await openCredentials(this.#keys, id, sealed)) };
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
function storedFields(stored: StoredConfig, secretFields: readonly string[]): readonly string[] {
  const inClear = secretFields.filter((field) => field in settingsOf(stored));
  if (stored.sealed_credentials === null) return inClear;
  try {
    return [...inClear, ...sealedFields(stored.sealed_credentials)];
  } catch {
    return secretFields;
  }
}

const settingsSchema = z.record(z.string(), z.unknown());

function settingsOf({ config }: Pick<StoredConfig, 'config'>): GivenConfig {
  return settingsSchema.parse(JSON.parse(config));
}

/**
 * What people may see of a stored configuration: its settings, and the names of its secrets.
 * @param secretFields of its kind; none where the installation no longer has that kind, so nothing is known to be harmless
 */
export function shownConfig(
  stored: Omit<StoredConfig, 'id'>,
  secretFields: readonly string[] | undefined,
): { readonly settings: Record<string, unknown>; readonly secretsSet: string[] } {
  const settings = settingsOf(stored);
  const sealed = stored.sealed_credentials === null ? [] : sealedFields(stored.sealed_credentials);
  const isShown = (field: string) => secretFields !== undefined && !secretFields.includes(field);
  return {
    settings: pick(settings, isShown),
    secretsSet: [...new Set([...sealed, ...(secretFields ?? []).filter((field) => field in settings)])],
  };
}

function pick(fields: GivenConfig, wanted: (field: string, value: unknown) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => wanted(field, value)));
}
