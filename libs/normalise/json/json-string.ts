/** A quoted JSON string with its escapes undone. */
export function unescaped(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return leniently(quoted.slice(1, -1));
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** What JSON does not allow (raw control characters, `\x`) is kept as it is. */
function leniently(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (whole, hex: string | undefined, character: string) =>
    hex === undefined
      ? Object.hasOwn(escapes, character)
        ? escapes[character]!
        : whole
      : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
