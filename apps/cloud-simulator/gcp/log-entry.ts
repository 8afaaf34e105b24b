import type { Instant } from '../instant.ts';
import type { GcpEvent, Json, JsonObject } from '../store/cloud-event.ts';
import { logName } from '../store/ledger.ts';
import { encode } from './protocol.ts';

const auditLog = 'google.cloud.audit.AuditLog';

/** A stored event as a LogEntry in the proto loader's object form. */
export function logEntryOf(event: GcpEvent): object {
  const { entry } = event.body;
  const { jsonPayload, protoPayload, httpRequest, ...rest } = entry;
  return {
    ...rest,
    logName: logName(event.scope, event.source),
    insertId: event.id,
    timestamp: timestampOf(event.eventTime),
    receiveTimestamp: timestampOf(event.ingestionTime),
    ...(isObject(jsonPayload) ? { jsonPayload: structOf(jsonPayload) } : {}),
    ...(isObject(protoPayload) ? { protoPayload: anyOf(protoPayload) } : {}),
    ...(isObject(httpRequest) ? { httpRequest: httpRequestOf(httpRequest) } : {}),
  };
}

function timestampOf(instant: Instant): { readonly seconds: string; readonly nanos: number } {
  return { seconds: (instant / 1_000_000_000n).toString(), nanos: Number(instant % 1_000_000_000n) };
}

/** A JSON object as google.protobuf.Struct. */
function structOf(fields: JsonObject): object {
  return { fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, protoValueOf(value)])) };
}

function protoValueOf(value: Json): object {
  if (value === null) return { nullValue: 'NULL_VALUE' };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (isObject(value)) return { structValue: structOf(value) };
  return { listValue: { values: value.map(protoValueOf) } };
}

/** A payload in JSON (`@type` beside its fields) as google.protobuf.Any. Other types than AuditLog: `value` in base64. */
function anyOf(payload: JsonObject): object {
  const { '@type': type = `type.googleapis.com/${auditLog}`, ...fields } = payload;
  if (typeof type === 'string' && type.endsWith(`/${auditLog}`)) {
    return { type_url: type, value: encode(auditLog, withStructs(fields)) };
  }
  return { type_url: type, value: Buffer.from(String(fields.value ?? ''), 'base64') };
}

function withStructs(fields: JsonObject): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const isStruct = (name === 'request' || name === 'response' || name === 'metadata') && isObject(value);
      return [name, isStruct ? structOf(value) : value];
    }),
  );
}

/** JSON writes a duration as `0.123s`. */
function httpRequestOf(request: JsonObject): object {
  const { latency, ...rest } = request;
  if (typeof latency !== 'string') return rest;
  const nanos = Math.round(Number(latency.replace(/s$/, '')) * 1e9);
  return { ...rest, latency: { seconds: String(Math.floor(nanos / 1e9)), nanos: nanos % 1e9 } };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
