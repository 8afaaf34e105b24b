import type { ConfiguredConnector, Connector } from '@tailrace/connector/configure.ts';
import { hostIdentityRefusal } from '@tailrace/connector/host-identity.ts';
import type { Credentials } from '@tailrace/credentials/sealed-credentials.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { EndpointAllowlist } from './endpoint-allowlist.ts';

/** `connection_config` as a person gives it: settings and secrets side by side. */
export type GivenConfig = Readonly<Record<string, unknown>>;

/** A configuration that its connector accepts, taken apart. */
export interface AcceptedConfig {
  /** As it was given: defaults are not filled in, so the installation's can still change. */
  readonly settings: GivenConfig;
  readonly secrets: Credentials;
  readonly configured: ConfiguredConnector;
}

/** What this installation lets connections do. */
export interface ConnectionPolicy {
  readonly allowlist: EndpointAllowlist;
  /** CLOUD_HOST_CREDENTIALS: whether connections may do without credentials of their own. */
  readonly hostCredentials: boolean;
}

interface FieldError {
  readonly field: string;
  readonly message: string;
}

/**
 * Checks a configuration and takes its secrets out. A secret left out is taken from `stored`; `null` removes it.
 * @throws Problem 422 that names every wrong field. An unknown field is wrong: it might be a misspelt secret.
 */
export function acceptConfig(
  connector: Connector,
  given: GivenConfig,
  stored: Credentials,
  { allowlist, hostCredentials }: ConnectionPolicy,
): AcceptedConfig {
  const isSecret = (field: string) => connector.secretFields.includes(field);
  const settings = pick(given, (field, value) => !isSecret(field) && value !== null);
  const givenSecrets = pick(given, isSecret);
  const secrets = pick({ ...stored, ...givenSecrets }, (field, value) => isSecret(field) && value !== null);
  const errors = [
    ...unknownFields(connector, settings),
    ...refusedEndpoints(connector, settings, allowlist),
    ...schemaErrors(connector, { ...settings, ...secrets }),
  ];
  if (errors.length > 0) throw invalid(errors);
  const configured = connector.configure({ ...settings, ...secrets });
  const refusal = hostIdentityRefusal(configured, hostCredentials);
  if (refusal !== undefined) throw invalid([{ field: '', message: refusal }]);
  return { settings, secrets, configured };
}

function pick(fields: GivenConfig, wanted: (field: string, value: unknown) => boolean): GivenConfig {
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => wanted(field, value)));
}

function unknownFields(connector: Connector, settings: GivenConfig): FieldError[] {
  const known = Object.keys(connector.configSchema.shape);
  return Object.keys(settings)
    .filter((field) => !known.includes(field))
    .map((field) => ({ field, message: `is not a field of ${connector.provider}; known are ${known.join(', ')}` }));
}

function refusedEndpoints(connector: Connector, settings: GivenConfig, allowlist: EndpointAllowlist): FieldError[] {
  return connector.endpointFields.flatMap((field) => {
    const value = settings[field];
    const message = typeof value === 'string' ? allowlist.refusal(value) : undefined;
    return message === undefined ? [] : [{ field, message }];
  });
}

function schemaErrors(connector: Connector, config: GivenConfig): FieldError[] {
  const issues = connector.configSchema.safeParse(config).error?.issues ?? [];
  return issues
    .filter((issue) => issue.code !== 'unrecognized_keys')
    .map(({ path, message }) => ({ field: path.join('.'), message }));
}

function invalid(errors: readonly FieldError[]): Problem {
  const named = errors.map(({ field, message }) => ({
    field: `body.connection_config${field === '' ? '' : `.${field}`}`,
    message,
  }));
  return new Problem(422, { detail: named.map((each) => `${each.field}: ${each.message}`).join('; '), errors: named });
}
