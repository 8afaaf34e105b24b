import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import { clouds } from './clouds.ts';

/** The connectors of every cloud, with their SDKs. */
export const connectors: ReadonlyMap<Provider, Connector> = new Map(
  await Promise.all(clouds.map(async ({ events, connector }) => [events.provider, await connector()] as const)),
);
