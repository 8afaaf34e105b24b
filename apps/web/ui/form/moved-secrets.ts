import { type ConfigDescription, type ConfigField, type FormValues, fieldsOf, formValues } from './config-schema.ts';

interface ConfigKind extends ConfigDescription {
  readonly secret_addresses: Readonly<Record<string, readonly string[]>>;
}

/**
 * The stored secrets that a form has to ask for again: a field that decides where they go has changed since, and a secret
 * never goes to an address it was not given for. The API decides; this says so before anything is sent.
 *
 * @param stored names of the secrets that are stored
 * @param config as it is stored
 * @param values as they stand in the form
 * @returns for each such secret, the changed field
 */
export function movedSecrets(
  kind: ConfigKind,
  stored: readonly string[],
  config: Readonly<Record<string, unknown>>,
  values: FormValues,
): ReadonlyMap<string, string> {
  const fields = new Map(fieldsOf(kind).map((field) => [field.name, field]));
  const before = formValues([...fields.values()], config);
  const hasChanged = (name: string): boolean => {
    const field = fields.get(name);
    if (field === undefined) return false;
    // A secret that is itself an address is never shown: empty keeps it, anything else is a new one.
    if (field.isSecret && stored.includes(name)) return (values[name] ?? '').trim() !== '';
    return effective(field, before) !== effective(field, values);
  };
  const moved = new Map<string, string>();
  for (const secret of stored) {
    const address = kind.secret_addresses[secret]?.find(hasChanged);
    if (address !== undefined) moved.set(secret, address);
  }
  return moved;
}

/** With its default, so that writing the default down is no change. */
function effective({ name, fallback }: ConfigField, values: FormValues): string {
  return (values[name] ?? '').trim() || fallback;
}
