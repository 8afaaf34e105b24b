import type { protos } from '@google-cloud/logging-api';
import type { SourceEvent } from '@tailrace/ingestion/contract/connector.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { decodeAuditLog } from './audit-log.ts';
import { bytesOfAny } from './proto-json.ts';
import { structJson } from './struct.ts';
import { microsOf, rfc3339 } from './timestamp.ts';

type LogEntry = protos.google.logging.v2.ILogEntry;

/**
 * An entry as an event. Its identity is logName, timestamp and insertId: Cloud Logging takes entries that agree in all
 * three for one (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry).
 *
 * @throws ConnectorError when the entry lacks one of them.
 */
export function entryEvent(entry: LogEntry): SourceEvent {
  const { logName, insertId, timestamp, receiveTimestamp } = entry;
  if (!logName || !insertId || !timestamp) {
    throw new ConnectorError('unreachable', 'Google Cloud: an entry came without logName, insertId or timestamp');
  }
  const micros = microsOf(timestamp);
  return {
    id: `${logName} ${rfc3339(timestamp)} ${insertId}`,
    timestamp: micros,
    timestampNanos: (timestamp.nanos ?? 0) % 1000,
    observedTimestamp: receiveTimestamp ? microsOf(receiveTimestamp) : micros,
    stream: streamOf(entry),
    payload: JSON.stringify(entryJson(entry)),
  };
}

/** What distinguishes one emitter of a log from another. */
const streamLabels = [
  'pod_name',
  'instance_id',
  'revision_name',
  'function_name',
  'job_name',
  'database_id',
  'cluster_name',
];

function streamOf({ resource, logName }: LogEntry): string {
  const labels = resource?.labels ?? {};
  const label = streamLabels.map((name) => labels[name]).find((value) => value);
  return label ? `${resource?.type ?? ''}/${label}` : (resource?.type ?? logName ?? '');
}

/** Fields that are written in another way below, and protobufjs' name for which payload there is. */
const restated = new Set(['jsonPayload', 'protoPayload', 'payload']);

/** The entry as the REST API writes it, without fields that have no value. */
function entryJson(entry: LogEntry): Record<string, unknown> {
  const { timestamp, receiveTimestamp, httpRequest, ...rest } = entry;
  const json: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (restated.has(name) || isEmpty(value)) continue;
    json[name] = value;
  }
  if (timestamp) json.timestamp = rfc3339(timestamp);
  if (receiveTimestamp) json.receiveTimestamp = rfc3339(receiveTimestamp);
  if (entry.jsonPayload) json.jsonPayload = structJson(entry.jsonPayload);
  if (entry.protoPayload) json.protoPayload = anyJson(entry.protoPayload);
  if (httpRequest) json.httpRequest = httpJson(httpRequest);
  return json;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** AuditLog is what occurs; the bytes of another type are kept as they are, in base64. */
function anyJson(any: protos.google.protobuf.IAny): Record<string, unknown> {
  const name = any.type_url ?? '';
  if (!name.endsWith('/google.cloud.audit.AuditLog')) return bytesOfAny(any);
  try {
    return { '@type': name, ...decodeAuditLog(Buffer.from(any.value ?? '')) };
  } catch {
    // Bytes that are no AuditLog are kept like those of an unknown type.
    return bytesOfAny(any);
  }
}

function httpJson(request: protos.google.logging.type.IHttpRequest): Record<string, unknown> {
  const { latency, ...rest } = request;
  const json = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => !isEmpty(value) && value !== 0 && value !== '0'),
  );
  if (latency) json.latency = `${Number(latency.seconds ?? 0) + (latency.nanos ?? 0) / 1e9}s`;
  return json;
}
