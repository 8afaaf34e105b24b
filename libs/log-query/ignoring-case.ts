/** The two letters beyond ASCII whose lower case has an ASCII letter: the Kelvin sign, and the capital I with a dot. */
const lowerToAscii = /[\u212A\u0130]/;
const [kelvin, dottedI] = ['\uE000', '\uE001'];

/**
 * A text as it is compared whatever its case. An ASCII letter is the same as its other case and nothing else, as in
 * PostgreSQL's `ilike` with the collation "C"; other letters are compared by their lower case in Unicode.
 */
export function ignoringCase(text: string): string {
  if (!lowerToAscii.test(text)) return text.toLowerCase();
  return text.replaceAll('\u212A', kelvin).replaceAll('\u0130', dottedI).toLowerCase();
}
