/**
 * Characters that change how a text is shown, or do something to what shows it, without being seen: control characters
 * (ESC among them, and C1), format characters (bidirectional controls, zero width, tags), line and paragraph separators,
 * and halves of surrogate pairs. See Unicode Technical Report 36 and https://trojansource.codes.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** A joiner where it is part of one sign: in an emoji, and in the scripts whose letters it joins or keeps apart. */
const joiner =
  /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})|(?<=[\p{L}\p{M}])(?<!\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic}|\p{Script=Han})[\u200c\u200d](?=\p{L})(?!\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic}|\p{Script=Han})/gu;

/**
 * Text of a log line, a name or an attribute as it may stand before people and in what shows it: what would be invisible is
 * written out, `\u001b` for ESC. Tabs stay, and so do line ends, as `\n`.
 */
export function visibleText(text: string): string {
  const lines = text.replaceAll('\r\n', '\n');
  const joins = /[\u200c\u200d]/.test(lines);
  const kept = joins ? new Set(Array.from(lines.matchAll(joiner), ({ index }) => index)) : undefined;
  return lines.replaceAll(invisible, (character, index: number) => {
    if (character === '\n' || character === '\t' || kept?.has(index)) return character;
    return writtenOut(character);
  });
}

/** A character as JavaScript writes it: `\u001b`, `\u{e0041}`. */
export function writtenOut(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The same in one line, for titles, headers and names: line ends and tabs become spaces. */
export function visibleLine(text: string): string {
  return visibleText(text.replaceAll(/[\r\n\t\u2028\u2029]+/g, ' ')).trim();
}

/** Whether a name can be shown as it is. */
export function isVisibleLine(text: string): boolean {
  return visibleLine(text) === text;
}
