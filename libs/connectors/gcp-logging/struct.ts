/**
 * google.protobuf.Struct and Value, in protobufjs' object form, as the JSON they stand for
 * (https://protobuf.dev/reference/protobuf/google.protobuf/#struct).
 */
export function structJson(struct: unknown): Record<string, unknown> {
  const fields = property(struct, 'fields');
  const entries = typeof fields === 'object' && fields !== null ? Object.entries(fields) : [];
  // fromEntries defines properties, so a field called __proto__ is plain data.
  return Object.fromEntries(entries.map(([name, value]) => [name, valueJson(value)]));
}

function valueJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return null;
  if (has(value, 'stringValue')) return property(value, 'stringValue');
  if (has(value, 'numberValue')) return numberJson(property(value, 'numberValue'));
  if (has(value, 'boolValue')) return property(value, 'boolValue');
  if (has(value, 'structValue')) return structJson(property(value, 'structValue'));
  if (has(value, 'listValue')) {
    const values = property(property(value, 'listValue'), 'values');
    return Array.isArray(values) ? values.map(valueJson) : [];
  }
  return null;
}

/** JSON has no other way to write the numbers that are none. */
function numberJson(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function has(value: object, name: string): boolean {
  return property(value, name) !== undefined && property(value, name) !== null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
