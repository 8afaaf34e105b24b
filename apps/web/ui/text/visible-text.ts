/**
 * Characters that draw nothing or change how their neighbours are drawn: control characters and ANSI sequences, what
 * turns the direction of text (Trojan Source, CVE-2021-42574), zero-width ones, fillers and tags that draw nothing, and
 * halves of surrogate pairs.
 */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\u034f|\u17b4|\u17b5|\u180b|\u180c|\u180d|\u180f|\udb40[\udc00-\uddef]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code === 0x1b) return '␛';
  if (code === 0x0a) return '⏎';
  if (code === 0x09) return '⇥';
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
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
