import type { FoundClock } from './clock.ts';

const dash = 0x2d;
const colon = 0x3a;
const space = 0x20;

/** A time found in a text. */
export interface FoundTime {
  /**
   * ISO 8601, as precise as it was written; without an offset where the text has none (local to the source), without a
   * date (`T10:20:30`) where it has none.
   */
  readonly iso: string;
  /** Position behind it in the text. */
  readonly end: number;
}

/** A date and the time of day behind it; undefined where either is missing. */
export function joined(date: string | undefined, clock: FoundClock | undefined): FoundTime | undefined {
  return date === undefined || clock === undefined ? undefined : { iso: date + clock.iso, end: clock.end };
}

/** Behind what sets a date and a time of day apart: `T`, `_`, `-`, `:`, blanks, a comma and blanks, ` - `, ` -- `, ` @ `; or -1. */
export function skipToClock(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 0x54 || code === 0x5f || code === dash || code === colon) return at + 1;
  let index = code === 0x2c ? at + 1 : at;
  const blanksFrom = index;
  while (index - blanksFrom < 4 && (text.charCodeAt(index) === space || text.charCodeAt(index) === 0x09)) index++;
  if (index === at) return -1;
  const mark = text.charCodeAt(index);
  if (mark === dash && text.startsWith('- ', index + 1)) return index + 3;
  if ((mark === 0x40 || mark === dash) && text.charCodeAt(index + 1) === space) return index + 2;
  return index;
}
