import { timeAt } from './time/time-at.ts';

/** A text and the time at its beginning, found once for all parsers that look for one there. */
export interface Line {
  readonly text: string;
  /** ISO 8601; empty when the text does not begin with a time. */
  readonly time: string;
  /** Behind the time, and behind the bracket that closes around it; 0 without a time. */
  readonly at: number;
  /** Whether the time stood in brackets. */
  readonly bracketed: boolean;
}

const openBracket = 0x5b;
const closeBracket = 0x5d;

/** @param reference The event's own time, microseconds since the epoch. */
export function lineOf(text: string, reference: number): Line {
  const opens = text.charCodeAt(0) === openBracket;
  const found = timeAt(text, opens ? 1 : 0, reference);
  if (found === undefined) return { text, time: '', at: 0, bracketed: false };
  const closes = opens && text.charCodeAt(found.end) === closeBracket;
  return { text, time: found.iso, at: closes ? found.end + 1 : found.end, bracketed: opens };
}
