import { awsCloudWatch } from '@tailrace/connector-aws-cloudwatch/aws-cloudwatch.ts';
import { azureMonitor } from '@tailrace/connector-azure-monitor/azure-monitor.ts';
import { gcpLogging } from '@tailrace/connector-gcp-logging/gcp-logging.ts';
import { type Connector, connector } from '@tailrace/ingestion/contract/configure.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';

/** Every kind of source that this installation has. A fourth cloud is one more line. */
const all: readonly Connector[] = [connector(awsCloudWatch), connector(azureMonitor), connector(gcpLogging)];

export const connectors: ReadonlyMap<Provider, Connector> = new Map(all.map((each) => [each.provider, each]));
