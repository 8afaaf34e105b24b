import type { ConfiguredConnector, Connector } from '@tailrace/connector/configure.ts';
import { hostIdentityRefusal } from '@tailrace/connector/host-identity.ts';
import type { Credentials } from '@tailrace/credentials/sealed-credentials.ts';
import {
  configErrors,
  type FieldError,
  type GivenConfig,
  invalidConfig,
  type SplitConfig,
  splitConfig,
} from '../secret-config.ts';
import type { EndpointAllowlist } from './endpoint-allowlist.ts';

/** A configuration that its connector accepts, taken apart. */
export interface AcceptedConfig extends SplitConfig {
  readonly configured: ConfiguredConnector;
}

/** What this installation lets connections do. */
export interface ConnectionPolicy {
  readonly allowlist: EndpointAllowlist;
  /** CLOUD_HOST_CREDENTIALS: whether connections may do without credentials of their own. */
  readonly hostCredentials: boolean;
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
  const split = splitConfig(connector, given, stored);
  const { settings, secrets } = split;
  const errors = [
    ...refusedEndpoints(connector, settings, allowlist),
    ...configErrors(connector, connector.provider, split),
  ];
  if (errors.length > 0) throw invalid(errors);
  const configured = connector.configure({ ...settings, ...secrets });
  const refusal = hostIdentityRefusal(configured, hostCredentials);
  if (refusal !== undefined) throw invalid([{ field: '', message: refusal }]);
  return { settings, secrets, configured };
}

function refusedEndpoints(
  connector: Connector,
  settings: GivenConfig,
  allowlist: EndpointAllowlist,
): readonly FieldError[] {
  return connector.endpointFields.flatMap((field) => {
    const value = settings[field];
    const message = typeof value === 'string' ? allowlist.refusal(value) : undefined;
    return message === undefined ? [] : [{ field, message }];
  });
}

function invalid(errors: readonly FieldError[]) {
  return invalidConfig('body.connection_config', errors);
}
