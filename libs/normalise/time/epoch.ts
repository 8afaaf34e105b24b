import { skipDigits } from '../characters.ts';

/**
 * ISO 8601 in UTC of a time field that is a number since the epoch: seconds, milliseconds, microseconds or nanoseconds,
 * told apart by size (years 2001 to 2286), with every digit that was written. Undefined for other numbers.
 */
export function isoOfEpoch(text: string): string | undefined {
  const end = skipDigits(text, 0);
  const isDecimal = text.charCodeAt(end) === 0x2e && skipDigits(text, end + 1) === text.length && end + 1 < text.length;
  if (end !== text.length && !isDecimal) return undefined;
  const unit = end - 10;
  if (unit !== 0 && unit !== 3 && unit !== 6 && unit !== 9) return undefined;
  const seconds = Number(text.slice(0, 10));
  if (seconds < 1_000_000_000) return undefined;
  const fraction = (text.slice(10, end) + (isDecimal ? text.slice(end + 1) : '')).slice(0, 9);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`;
}
