import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { openCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { ConfiguredConnector, Connector } from '@tailrace/ingestion/contract/configure.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { type EndpointAllowlist, refusedEndpoints } from '@tailrace/ingestion/contract/endpoint-allowlist.ts';
import { hostIdentityRefusal } from '@tailrace/ingestion/contract/host-identity.ts';
import type { SettingDefaults } from '@tailrace/ingestion/contract/settings.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionState } from '@tailrace/schemas/generated/connection-state.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import { z } from 'zod';

export interface ConfigureOptions {
  readonly connectors: ReadonlyMap<Provider, Connector>;
  readonly defaults: SettingDefaults;
  readonly keys: KeyRing;
  /** CLOUD_ENDPOINT_ALLOWLIST, asked again here: a host may have been taken out since the connection was saved. */
  readonly allowlist: EndpointAllowlist;
  /** CLOUD_HOST_CREDENTIALS: whether connections may do without credentials of their own. */
  readonly hostCredentials: boolean;
}

type Configured =
  | { readonly connector: ConfiguredConnector }
  /** It cannot be used, and which state says so. */
  | { readonly error: TailraceError; readonly state: ConnectionState };

/** Opens a connection's credentials and accepts its configuration. Never rejects, and calls nobody. */
export type ConfigureConnection = (connection: Connection) => Promise<Configured>;

const configText = z.record(z.string(), z.unknown());

export function configureConnection(options: ConfigureOptions): ConfigureConnection {
  return async (connection) => {
    try {
      const secrets = await secretsOf(connection, options.keys);
      return { connector: accept(connection, secrets, options) };
    } catch (error) {
      const known = error instanceof TailraceError ? error : unreadableConfig();
      const state = known instanceof ConnectorError ? 'invalid_config' : 'credentials_unreadable';
      return { error: known, state };
    }
  };
}

async function secretsOf({ id, sealed_credentials: sealed }: Connection, keys: KeyRing) {
  return sealed === null ? {} : openCredentials(keys, id, sealed);
}

function accept(
  { provider, config }: Connection,
  secrets: Readonly<Record<string, unknown>>,
  { connectors, defaults, allowlist, hostCredentials }: ConfigureOptions,
): ConfiguredConnector {
  const connector = connectors.get(provider);
  if (!connector) {
    throw new ConnectorError('invalid_config', `this installation has no connector for ${provider}`);
  }
  const given = { ...parsed(config), ...secrets };
  const refused = refusedEndpoints(connector, given, allowlist);
  if (refused.length > 0) {
    throw new ConnectorError('invalid_config', refused.map(({ field, message }) => `${field}: ${message}`).join('; '));
  }
  const configured = connector.configure(given, defaults);
  const refusal = hostIdentityRefusal(configured, hostCredentials);
  if (refusal !== undefined) throw new ConnectorError('invalid_config', refusal);
  return configured;
}

function parsed(config: string): Readonly<Record<string, unknown>> {
  try {
    return configText.parse(JSON.parse(config));
  } catch {
    throw unreadableConfig();
  }
}

/** Without a cause: a parser's message would quote what may hold a secret. */
function unreadableConfig(): ConnectorError {
  return new ConnectorError('invalid_config', "the connection's configuration is not a JSON object", {
    help: 'Save the connection again.',
  });
}
