import protobuf from 'protobufjs';
import { structJson } from './struct.ts';
import { rfc3339 } from './timestamp.ts';

/**
 * A decoded message as JSON, in the form the REST API has (https://protobuf.dev/programming-guides/json): fields that
 * were sent, 64-bit integers as text, and Struct, Timestamp and Any as what they stand for.
 */
export function messageJson(type: protobuf.Type, message: object): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value: unknown = Object.hasOwn(message, field.name) ? Reflect.get(message, field.name) : undefined;
    if (value === undefined || value === null || isEmpty(field, value)) continue;
    json[field.name] = Array.isArray(value) ? value.map((each) => fieldJson(field, each)) : fieldJson(field, value);
  }
  return json;
}

/** A list or a map of which nothing was sent. */
function isEmpty(field: protobuf.Field, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return field instanceof protobuf.MapField && Object.keys(Object(value)).length === 0;
}

function fieldJson(field: protobuf.Field, value: unknown): unknown {
  if (field instanceof protobuf.MapField && typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value));
  }
  if (typeof value !== 'object' || value === null) return value;
  const { resolvedType } = field;
  // A Long; no field here has bytes.
  if (!(resolvedType instanceof protobuf.Type)) return String(value);
  return knownJson(resolvedType.fullName, value) ?? messageJson(resolvedType, value);
}

function knownJson(fullName: string, value: object): unknown {
  if (fullName === '.google.protobuf.Struct') return structJson(value);
  if (fullName === '.google.protobuf.Timestamp') return rfc3339(value);
  if (fullName === '.google.protobuf.Any') return bytesOfAny(value);
  return undefined;
}

/** A message of a type that is not known here: its name, and its bytes in base64. */
export function bytesOfAny(any: {
  readonly type_url?: string | null;
  readonly value?: Uint8Array | string | null;
}): Record<string, unknown> {
  return { '@type': any.type_url ?? '', value: Buffer.from(any.value ?? '').toString('base64') };
}
