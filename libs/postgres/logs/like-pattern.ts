/** A pattern of LIKE for any text that has these parts one after the other, the first and the last at its ends. */
export function likePattern(parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll(/[\\%_]/g, String.raw`\$&`)).join('%');
}

/** Whether PostgreSQL, comparing by bytes, takes the same letters for each other as `ignoringCase` does. */
export function isAscii(text: string): boolean {
  return [...text].every((character) => character <= '\x7f');
}
