import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import type { CloudEvents } from '@tailrace/normalise/providers/cloud-events.ts';

/** All that Tailrace knows of a cloud: how its events are read, and how they are fetched. */
export interface Cloud {
  readonly events: CloudEvents;
  /** Loads the connector and with it the cloud's SDK, which only ingest and the API need. */
  readonly connector: () => Promise<Connector>;
}
