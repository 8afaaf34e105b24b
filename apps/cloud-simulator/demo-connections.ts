import type { AwsSide } from './aws/start-aws.ts';
import type { AzureSide } from './azure/start-azure.ts';
import type { GcpSide } from './gcp/start-gcp.ts';
import type { Json } from './store/cloud-event.ts';

/** What `POST connections` takes, without the project. */
export interface DemoConnection {
  readonly connection_name: string;
  readonly cloud_provider: 'aws' | 'azure' | 'gcp';
  readonly connection_config: Readonly<Record<string, Json>>;
}

/** The clouds that are served. */
export interface Sides {
  readonly aws?: AwsSide | undefined;
  readonly azure?: AzureSide | undefined;
  readonly gcp?: GcpSide | undefined;
}

/** Connections that read the shop's traffic. Their secrets are good for the simulator only. */
export function demoConnections({ aws, azure, gcp }: Sides): DemoConnection[] {
  return [
    ...(aws === undefined ? [] : awsGroups.map(([name, group]) => awsConnection(aws, name, group))),
    ...(azure === undefined ? [] : azureQueries.map(([name, query]) => azureConnection(azure, name, query))),
    ...(gcp === undefined ? [] : gcpLogs.map(([name, log]) => gcpConnection(gcp, name, log))),
  ];
}

/** The hosts of the connections' endpoints, `host:port`, for CLOUD_ENDPOINT_ALLOWLIST. */
export function endpointHosts({ aws, azure, gcp }: Sides): string[] {
  const urls = [aws?.endpoint, azure?.authorityHost].filter((address) => address !== undefined);
  return [
    ...urls.map((address) => new URL(address).host),
    ...(gcp === undefined ? [] : [gcp.endpoint, gcp.tlsEndpoint]),
  ];
}

// Few: they share the account's five requests a second, and each is to be read within one.
const awsGroups = [
  ['Checkout on ECS', '/ecs/checkout'],
  ['Payments on ECS', '/ecs/payments'],
  ['Order notifications (Lambda)', '/aws/lambda/order-notifications'],
] as const;

const azureQueries = [
  ['Storefront traces', 'AppTraces'],
  ['Storefront exceptions', 'AppExceptions'],
  ['AKS containers', 'ContainerLogV2 | where PodNamespace == "shop"'],
] as const;

const gcpLogs = [
  ['GKE output', 'stdout'],
  ['GKE errors', 'stderr'],
  ['Load balancer', 'requests'],
] as const;

function awsConnection(aws: AwsSide, name: string, logGroup: string): DemoConnection {
  return {
    connection_name: name,
    cloud_provider: 'aws',
    connection_config: {
      access_key_id: aws.keys.active.accessKeyId,
      secret_access_key: aws.keys.active.secretAccessKey,
      region: aws.region,
      log_group: logGroup,
      endpoint: aws.endpoint,
    },
  };
}

function azureConnection(azure: AzureSide, name: string, query: string): DemoConnection {
  return {
    connection_name: name,
    cloud_provider: 'azure',
    connection_config: {
      workspace_id: azure.workspaceId,
      tenant_id: azure.tenantId,
      client_id: azure.clients.active.clientId,
      client_secret: azure.clients.active.clientSecret,
      query,
      endpoint: azure.endpoint,
      authority_host: azure.authorityHost,
    },
  };
}

function gcpConnection(gcp: GcpSide, name: string, log: string): DemoConnection {
  return {
    connection_name: name,
    cloud_provider: 'gcp',
    connection_config: {
      project_id: gcp.projectId,
      log_name: log,
      credentials_json: { ...gcp.serviceAccounts.active },
      endpoint: `http://${gcp.endpoint}`,
    },
  };
}
