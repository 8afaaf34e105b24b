import type { ChannelKinds } from '@tailrace/channels/registry.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { z } from 'zod';
import { secretAddressesView, toSecretAddressesView } from '../resources/secret-config.ts';

const view = z.object({
  channel_type: z.string(),
  config_schema: z.record(z.string(), z.unknown()).describe('JSON Schema of channel_config.'),
  secret_fields: z.array(z.string()).describe('Sealed, and never given back.'),
  secret_addresses: secretAddressesView,
});

/** What types of channels there are, and what each wants to know: for forms and for people. */
export function channelTypeRoutes(scope: HttpServer, kinds: ChannelKinds): void {
  const views = [...kinds.values()].map((kind) => ({
    channel_type: kind.type,
    config_schema: { ...z.toJSONSchema(kind.configSchema, { io: 'input', unrepresentable: 'any' }) },
    secret_fields: [...kind.secretFields],
    secret_addresses: toSecretAddressesView(kind),
  }));
  scope.get(
    '/channel-types',
    {
      schema: {
        tags: ['channels'],
        summary: 'The types of channels and the fields of their channel_config.',
        response: { 200: z.object({ channel_types: z.array(view) }) },
      },
    },
    async () => ({ channel_types: views }),
  );
}
