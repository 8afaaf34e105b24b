const quote = 0x22;
const backslash = 0x5c;
const replacement = '\ufffd';

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
 * What a quoted string stands for, in the escapes of Go's `strconv.Quote` and of JSON. Bytes beyond ASCII and NUL, which
 * only garbled text has, become U+FFFD.
 */
export function unquoted(text: string, at: number, end: number): string {
  const inner = text.slice(at + 1, end - 1);
  if (!inner.includes('\\')) return inner;
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs,
    (whole, byte?: string, unit?: string, point?: string, character = '') => {
      if (byte !== undefined) return characterOf(Number.parseInt(byte, 16), 0x7f);
      if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16));
      if (point !== undefined) return characterOf(Number.parseInt(point, 16), 0x10ffff);
      if (character === '"' || character === '\\' || character === '/' || character === "'") return character;
      return Object.hasOwn(escapes, character) ? (escapes[character] as string) : whole;
    },
  );
}

function characterOf(code: number, highest: number): string {
  return code === 0 || code > highest ? replacement : String.fromCodePoint(code);
}
