import { endOfQuoted } from './quoted.ts';

/**
 * Cuts a line at its spaces; what stands in double quotes is one token, without them. At most `most` tokens: access
 * logs have some thirty, and a line of more is none.
 */
export function tokensOf(text: string, from: number, most: number): string[] {
  const tokens: string[] = [];
  let at = from;
  while (at < text.length && tokens.length < most) {
    const isQuoted = text.charCodeAt(at) === 0x22;
    const quotedEnd = isQuoted ? endOfQuoted(text, at) : -1;
    if (quotedEnd > 0) {
      tokens.push(text.slice(at + 1, quotedEnd - 1));
      at = quotedEnd + 1;
    } else {
      const space = text.indexOf(' ', at);
      const end = space < 0 ? text.length : space;
      if (end > at) tokens.push(text.slice(at, end));
      at = end + 1;
    }
  }
  return tokens;
}
