import { createHash } from 'node:crypto';
import type { EmitRequest } from '../emission/emit-request.ts';
import type { Random } from '../random.ts';
import type { JsonObject } from '../store/cloud-event.ts';
import type { Level, LogLine } from './log-line.ts';

/** The shop's log groups. */
export const logGroups = [
  '/ecs/checkout',
  '/ecs/payments',
  '/ecs/orders',
  '/ecs/gateway',
  '/aws/lambda/order-notifications',
  '/aws/lambda/receipts',
  '/aws/vpc/flow-logs',
  '/aws/cloudtrail',
  '/aws/alb/shop',
  '/ec2/bastion/syslog',
] as const;

export type LogGroup = (typeof logGroups)[number];

const subscription = '/subscriptions/7e57ab1e-0000-4000-8000-000000000003/resourcegroups/shop';

/** Event times have more digits than a journey's plan: what is below the millisecond is chance. */
function within(random: Random, timeMs: number) {
  return { timestamp: Math.floor(timeMs) * 1000 + random.int(0, 999), timestampNanos: random.int(0, 999) };
}

export function awsEvent(
  random: Random,
  group: LogGroup,
  stream: string,
  timeMs: number,
  message: string,
): EmitRequest {
  return { cloud: 'aws', source: group, stream, message, ...within(random, timeMs) };
}

/** A row of an Application Insights table. */
function applicationRow(random: Random, table: string, line: LogLine, row: JsonObject): EmitRequest {
  return {
    cloud: 'azure',
    source: table,
    stream: line.instance,
    row: {
      OperationId: line.traceId ?? '',
      ParentId: line.spanId ?? '',
      AppRoleName: line.service,
      AppRoleInstance: line.instance,
      AppVersion: '4.12.0',
      SDKVersion: 'dotnetiso:1.1.0',
      ClientType: 'PC',
      ItemCount: 1,
      SourceSystem: 'Azure',
      _ResourceId: `${subscription}/providers/microsoft.insights/components/shop`,
      ...row,
    },
    ...within(random, line.time),
  };
}

const severityLevels: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4 };

export function appTrace(random: Random, line: LogLine): EmitRequest {
  return applicationRow(random, 'AppTraces', line, {
    Message: line.message,
    SeverityLevel: severityLevels[line.level],
    Properties: { CategoryName: line.logger, ...line.fields },
  });
}

export function appException(random: Random, line: LogLine, stack: string): EmitRequest {
  return applicationRow(random, 'AppExceptions', line, {
    ExceptionType: line.thrown?.type ?? '',
    OuterMessage: line.thrown?.message ?? '',
    Message: line.message,
    SeverityLevel: severityLevels[line.level],
    ProblemId: `${line.thrown?.type ?? ''} at ${line.logger}`,
    Details: [{ rawStack: stack }],
    Properties: line.fields,
  });
}

/** A request the storefront served. */
export function appRequest(random: Random, line: LogLine, status: number, durationMs: number): EmitRequest {
  return applicationRow(random, 'AppRequests', line, {
    Id: line.spanId ?? '',
    Name: line.message,
    Url: `https://shop.example${line.message.split(' ')[1] ?? '/'}`,
    Success: status < 500,
    ResultCode: String(status),
    DurationMs: durationMs,
    OperationName: line.message,
    Properties: line.fields,
  });
}

/** A container's line as Azure keeps it: JSON text becomes dynamic. */
export function containerLog(random: Random, line: LogLine, text: string, namespace = 'shop'): EmitRequest {
  return {
    cloud: 'azure',
    source: 'ContainerLogV2',
    stream: line.instance,
    row: {
      Computer: 'aks-pool1-31415926-vmss000002',
      ContainerId: createHash('sha256').update(line.instance).digest('hex'),
      ContainerName: line.service,
      PodName: line.instance,
      PodNamespace: namespace,
      LogMessage: text.startsWith('{') ? (JSON.parse(text) as JsonObject) : text,
      LogSource: line.level === 'error' || line.level === 'fatal' ? 'stderr' : 'stdout',
      LogLevel: line.level,
      SourceSystem: 'Containers',
      _ResourceId: `${subscription}/providers/microsoft.containerservice/managedclusters/shop`,
    },
    ...within(random, line.time),
  };
}

/** A resource log of the application gateway; what has no column of its own is in AdditionalFields. */
export function gatewayDiagnostics(random: Random, timeMs: number, status: number): EmitRequest {
  return {
    cloud: 'azure',
    source: 'AzureDiagnostics',
    stream: 'SHOP-GATEWAY',
    row: {
      ResourceId: `${subscription}/providers/microsoft.network/applicationgateways/shop-gateway`.toUpperCase(),
      Category: 'ApplicationGatewayAccessLog',
      ResourceGroup: 'SHOP',
      ResourceProvider: 'MICROSOFT.NETWORK',
      Resource: 'SHOP-GATEWAY',
      ResourceType: 'APPLICATIONGATEWAYS',
      OperationName: 'ApplicationGatewayAccess',
      requestUri_s: '/health',
      httpStatus_d: status,
      AdditionalFields: { timeTaken: random.int(1, 40) / 1000, sslProtocol: 'TLSv1.3', host: 'shop.example' },
      SourceSystem: 'Azure',
      _ResourceId: `${subscription}/providers/microsoft.network/applicationgateways/shop-gateway`,
    },
    ...within(random, timeMs),
  };
}

const gcpSeverities: Readonly<Record<Level, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

/** An entry of a container in GKE; the payload's form is the caller's. */
export function gkeEntry(random: Random, line: LogLine, payload: JsonObject): EmitRequest {
  return {
    cloud: 'gcp',
    source: line.level === 'error' || line.level === 'fatal' ? 'stderr' : 'stdout',
    stream: line.instance,
    entry: {
      severity: gcpSeverities[line.level],
      resource: {
        type: 'k8s_container',
        labels: {
          project_id: 'shop-prod',
          location: 'europe-west1',
          cluster_name: 'shop',
          namespace_name: 'shop',
          pod_name: line.instance,
          container_name: line.service,
        },
      },
      labels: { 'k8s-pod/app': line.service },
      ...(line.traceId === undefined ? {} : { trace: `projects/shop-prod/traces/${line.traceId}`, traceSampled: true }),
      ...(line.spanId === undefined ? {} : { spanId: line.spanId }),
      ...payload,
    },
    ...within(random, line.time),
  };
}

/** Any other entry of the project. */
export function gcpEntry(
  random: Random,
  logId: string,
  stream: string,
  timeMs: number,
  entry: JsonObject,
): EmitRequest {
  return { cloud: 'gcp', source: logId, stream, entry, ...within(random, timeMs) };
}
