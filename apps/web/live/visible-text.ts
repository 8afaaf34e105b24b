/**
 * Characters that draw nothing or change how their neighbours are drawn: control characters and ANSI sequences, what
 * turns the direction of text (Trojan Source, CVE-2021-42574), zero-width ones, and halves of surrogate pairs.
 */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escaped(char: string): string {
  const code = char.charCodeAt(0);
  if (code === 0x1b) return '␛';
  if (code === 0x0a) return '⏎';
  if (code === 0x09) return '⇥';
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Text for one row: whatever cannot be seen is written as something that can. */
export function oneLine(text: string): string {
  return text.replaceAll(unseen, escaped);
}

/** The same, with line ends and tabs as they are. */
export function manyLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(unseen, (char) => (char === '\n' || char === '\t' ? char : escaped(char)));
}
