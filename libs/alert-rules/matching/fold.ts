const kelvin = 0x212a;
const longS = 0x17f;
const dottedI = 0x130;

/**
 * The lower-case ASCII code that a UTF-16 code unit may stand for where case does not matter, else the unit itself:
 * besides capitals the Kelvin sign for k and ſ for s, which RE2 folds (Unicode's simple folding has no others that lead
 * to ASCII), and İ, which `toLowerCase` turns into i and a combining dot.
 */
export function foldCode(code: number): number {
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code;
  if (code === kelvin) return 107;
  if (code === longS) return 115;
  return code === dottedI ? 105 : code;
}

/**
 * The longest run of ASCII in a text, folded: what a body must have in which the text is found whatever its case.
 * Undefined when there is none.
 */
export function longestAsciiRun(text: string): string | undefined {
  const folded = Array.from(text.toLowerCase(), (character) =>
    String.fromCharCode(...Array.from({ length: character.length }, (_, at) => foldCode(character.charCodeAt(at)))),
  ).join('');
  const [longest = ''] = (folded.match(/[\0-\x7f]+/g) ?? []).sort((one, other) => other.length - one.length);
  return longest === '' ? undefined : longest;
}
