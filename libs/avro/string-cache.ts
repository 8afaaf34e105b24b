const slots = 1024;
/** Ids of 32 hexadecimal digits never come again, so they stay out. */
const longestCached = 31;

/**
 * Strings that were read before, found by their bytes: attribute names, connection ids, service names and levels repeat
 * in nearly every record. Finding one is quicker than decoding it, records share it in memory, and V8 need not look it
 * up again when it becomes a key. A slot holds whatever came last, so the cache never grows.
 */
export class StringCache {
  private readonly strings: string[] = new Array<string>(slots).fill('');

  /** The UTF-8 text between two offsets that lie within the bytes. */
  read(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > longestCached || length === 0) return bytes.toString('utf8', start, end);
    const slot = slotOf(bytes, start, end);
    const cached = this.strings[slot] as string;
    if (cached.length === length && holds(cached, bytes, start)) return cached;
    const text = bytes.toString('utf8', start, end);
    // As many characters as bytes: none stands for two bytes, so comparing codes with bytes cannot mistake it.
    if (text.length === length) this.strings[slot] = text;
    return text;
  }
}

/** A hash of the length and three bytes distinguishes the few strings that repeat well enough. */
function slotOf(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start] as number;
  const middle = bytes[(start + end) >>> 1] as number;
  const last = bytes[end - 1] as number;
  const hash = (((end - start) * 31 + first) * 31 + middle) * 31 + last;
  return (hash ^ (hash >>> 10)) & (slots - 1);
}

function holds(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
