import type { HttpServer } from '@tailrace/http/server.ts';
import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import { providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import { z } from 'zod';
import { secretAddressesView, toSecretAddressesView } from '../resources/secret-config.ts';

const view = z.object({
  cloud_provider: z.enum(providerSymbols),
  title: z.string().describe('The service as people know it.'),
  source_fields: z.array(z.string()).describe('Fields that say what a connection reads, in a few words.'),
  config_schema: z.record(z.string(), z.unknown()).describe('JSON Schema of connection_config.'),
  secret_fields: z.array(z.string()).describe('Sealed, and never given back.'),
  secret_addresses: secretAddressesView,
  endpoint_fields: z.array(z.string()).describe('Accepted only for hosts in CLOUD_ENDPOINT_ALLOWLIST.'),
});

/** What kinds of sources there are, and what each wants to know: for forms and for people. */
export function connectorRoutes(scope: HttpServer, connectors: ReadonlyMap<Provider, Connector>): void {
  const views = [...connectors.values()].map((connector) => ({
    cloud_provider: connector.provider,
    title: connector.title,
    source_fields: [...connector.sourceFields],
    config_schema: { ...z.toJSONSchema(connector.configSchema, { io: 'input', unrepresentable: 'any' }) },
    secret_fields: [...connector.secretFields],
    secret_addresses: toSecretAddressesView(connector),
    endpoint_fields: [...connector.endpointFields],
  }));
  scope.get(
    '/connectors',
    {
      schema: {
        tags: ['connections'],
        summary: 'The kinds of sources and the fields of their connection_config.',
        response: { 200: z.object({ connectors: z.array(view) }) },
      },
    },
    async () => ({ connectors: views }),
  );
}
