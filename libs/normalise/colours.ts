const escapeCharacter = '\x1b';
/** Colours and styles (ECMA-48 SGR). */
const pattern = new RegExp(`${escapeCharacter}\\[[0-9;]{0,32}m`, 'g');

/** The text without the colours and styles of a terminal; itself where it has none. */
export function withoutColours(text: string): string {
  return text.includes(escapeCharacter) ? text.replace(pattern, '') : text;
}
