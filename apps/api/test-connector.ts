import { type Connector, connector } from '@tailrace/ingestion/contract/configure.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { connectionSettings, connectionSettingUses } from '@tailrace/ingestion/contract/settings.ts';
import { z } from 'zod';

const configSchema = z.strictObject({
  ...connectionSettings({
    pollIntervalMs: { min: 100, max: 60_000, default: 1000 },
    batchSize: { min: 1, max: 1000, default: 100 },
  }),
  region: z.string().regex(/^[a-z]+-[a-z]+-\d$/, 'must be a region such as eu-central-1'),
  access_key_id: z.string().optional(),
  secret_access_key: z.string().min(1).optional(),
  session_token: z.string().optional(),
  endpoint: z.url().optional(),
});

/** What the cloud of a test answers to `test`, by the secret it is given. */
export type CloudAnswer = 'ok' | 'silent' | ConnectorError;

/** A connector whose cloud is a function: to test what the api does with answers of every kind. */
export function testConnector(answer: (config: z.output<typeof configSchema>) => CloudAnswer): Connector {
  return connector({
    provider: 'aws',
    configSchema,
    fields: {
      ...connectionSettingUses,
      region: 'setting',
      access_key_id: 'setting',
      secret_access_key: 'secret',
      session_token: 'secret',
      endpoint: { addressOf: ['secret_access_key', 'session_token'] },
    },
    axis: 'event',
    tiers: () => [{ lookbackMs: 60_000, everyMs: 1000 }],
    quota: ({ region }) => ({ key: region, requests: 5, perMs: 1000 }),
    describe: ({ region }) => ({ region }),
    open: (config) => ({
      test: async () => {
        const given = answer(config);
        if (given instanceof ConnectorError) throw given;
        if (given === 'silent') await new Promise(() => undefined);
      },
      async *sweep() {},
      close: async () => undefined,
    }),
  });
}
