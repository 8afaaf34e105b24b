import type { Credentials } from '@tailrace/credentials/sealed-credentials.ts';
import type { ConfiguredConnector, Connector } from '@tailrace/ingestion/contract/configure.ts';
import { type EndpointAllowlist, refusedEndpoints } from '@tailrace/ingestion/contract/endpoint-allowlist.ts';
import { hostIdentityRefusal } from '@tailrace/ingestion/contract/host-identity.ts';
import type { FieldError, GivenConfig } from '../resources/config-kind.ts';
import { withMoved } from '../resources/moved-secrets.ts';
import { configErrors, invalidConfig, type SplitConfig, splitConfig } from '../resources/secret-config.ts';

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
 * @param moved secrets that have to be given again because their address has changed
 * @throws Problem 422 that names every wrong field. An unknown field is wrong: it might be a misspelt secret.
 */
export function acceptConfig(
  connector: Connector,
  given: GivenConfig,
  stored: Credentials,
  { allowlist, hostCredentials }: ConnectionPolicy,
  moved: readonly FieldError[] = [],
): AcceptedConfig {
  const split = splitConfig(connector, given, stored);
  const { settings, secrets } = split;
  const errors = [
    ...refusedEndpoints(connector, settings, allowlist),
    ...withMoved(moved, configErrors(connector, connector.provider, split)),
  ];
  if (errors.length > 0) throw invalid(errors);
  const configured = connector.configure({ ...settings, ...secrets });
  const refusal = hostIdentityRefusal(configured, hostCredentials);
  if (refusal !== undefined) throw invalid([{ field: '', message: refusal }]);
  return { settings, secrets, configured };
}

function invalid(errors: readonly FieldError[]) {
  return invalidConfig('body.connection_config', errors);
}
