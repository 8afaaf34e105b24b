/**
 * COPY's text format (https://www.postgresql.org/docs/current/sql-copy.html): one line a row, tabs between columns,
 * `\N` for null, backslash escapes for what would break the line.
 */
export const copyNull = '\\N';

const special = /[\\\t\n\r]/;
const everySpecial = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A text value. PostgreSQL refuses NUL in text, so it becomes U+FFFD here at the last. */
export function copyText(value: string): string {
  const text = value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
  return special.test(text) ? text.replace(everySpecial, (character) => escapes[character] ?? character) : text;
}

export function copyOptional(value: string | number | null): string {
  if (value === null) return copyNull;
  return typeof value === 'number' ? String(value) : copyText(value);
}

/** An object as jsonb. */
export function copyJson(value: Readonly<Record<string, string>>): string {
  const json = JSON.stringify(value);
  // jsonb refuses NUL although JSON allows it. The same letters may stand there for themselves.
  if (!json.includes('\\u0000')) return copyText(json);
  const storable = Object.entries(value).map((pair) => pair.map((text) => text.replaceAll('\0', '\uFFFD')));
  return copyText(JSON.stringify(Object.fromEntries(storable)));
}

/** A text[]: `{"a","b"}`. */
export function copyTextArray(values: readonly string[]): string {
  if (values.length === 0) return '{}';
  return copyText(`{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`);
}

/** Microseconds since the epoch as a timestamptz, without a Date's rounding to milliseconds. */
export function copyTimestamp(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
