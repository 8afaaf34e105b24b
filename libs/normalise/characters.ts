/** Tests of single characters and short runs in place, for scanners that must not allocate. */

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

export function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Of a name in most programming languages: letters, digits, `_`, `$`. */
export function isWordCharacter(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 0x5f || code === 0x24;
}

export function isHexDigit(code: number): boolean {
  if (isDigit(code)) return true;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66;
}

/** The number that exactly `count` digits stand for, -1 if there are not that many. */
export function digitsAt(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const code = text.charCodeAt(index);
    if (!isDigit(code)) return -1;
    value = value * 10 + code - 0x30;
  }
  return value;
}

/** Behind the run of digits. */
export function skipDigits(text: string, at: number): number {
  let index = at;
  while (isDigit(text.charCodeAt(index))) index++;
  return index;
}

/** Behind the run of spaces (not tabs, not line breaks). */
export function skipSpaces(text: string, at: number): number {
  let index = at;
  while (text.charCodeAt(index) === 0x20) index++;
  return index;
}

/** The next space or tab or line break from `at`, or the text's end. */
export function endOfToken(text: string, at: number): number {
  let index = at;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) return index;
  }
  return index;
}

/** Whether a UUID in its usual form (8-4-4-4-12 hexadecimal digits) stands at the position. */
export function isUuidAt(text: string, at: number): boolean {
  for (let index = 0; index < 36; index++) {
    const code = text.charCodeAt(at + index);
    const dash = index === 8 || index === 13 || index === 18 || index === 23;
    if (dash ? code !== 0x2d : !isHexDigit(code)) return false;
  }
  return true;
}
