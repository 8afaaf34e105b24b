const quote = 0x22;
const backslash = 0x5c;

/** Behind the quote that closes the string which opens at the position; -1 when none does. */
export function endOfQuoted(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === backslash) index++;
    else if (code === quote) return index + 1;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', a: '\x07', v: '\v' };

/**
 * What a quoted string stands for, in the escapes of Go's `strconv.Quote` and of JSON. Escapes of what no text can hold
 * (NUL, single bytes, halves of surrogate pairs) stay as they are written.
 */
export function unquoted(text: string, at: number, end: number): string {
  const inner = text.slice(at + 1, end - 1);
  if (!inner.includes('\\')) return inner;
  const meant = inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs,
    (whole, byte?: string, unit?: string, point?: string, character = '') => {
      if (byte !== undefined) return characterOf(byte, 0x7f) ?? whole;
      if (unit !== undefined) return characterOf(unit, 0xffff) ?? whole;
      if (point !== undefined) return characterOf(point, 0x10ffff) ?? whole;
      if (character === '"' || character === '\\' || character === '/' || character === "'") return character;
      return Object.hasOwn(escapes, character) ? (escapes[character] as string) : whole;
    },
  );
  return meant.isWellFormed() ? meant : inner;
}

function characterOf(hex: string, highest: number): string | undefined {
  const code = Number.parseInt(hex, 16);
  return code === 0 || code > highest ? undefined : String.fromCodePoint(code);
}
