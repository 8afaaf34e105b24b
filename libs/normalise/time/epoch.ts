import { skipDigits } from '../characters.ts';

/**
 * ISO 8601 in UTC of a time field that is a number since the epoch: seconds, milliseconds, microseconds or nanoseconds,
 * distinguished by size (years 2001 to 2286), with every digit that was written. Undefined for other numbers.
 */
export function isoOfEpoch(text: string): string | undefined {
  if (text.charCodeAt(1) === 0x2e) return isoOfScientific(text);
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

const scientificPattern = /^([1-9])\.([0-9]{9,18})e\+?0?9$/;

/** `1.7066964301234e+09`, as zap and other Go programs print seconds. */
function isoOfScientific(text: string): string | undefined {
  const found = text.length > 24 ? null : scientificPattern.exec(text);
  if (found === null) return undefined;
  const [, first = '', digits = ''] = found;
  return isoOfEpoch(digits.length === 9 ? first + digits : `${first}${digits.slice(0, 9)}.${digits.slice(9)}`);
}

const longestEpoch = 32;

/** A number since the epoch that stands by itself at a position: seconds or milliseconds, seconds perhaps with a fraction. */
export function epochAt(
  text: string,
  at: number,
): { readonly iso: string; readonly end: number; readonly hasFraction: boolean } | undefined {
  const found = epochPattern.exec(text.slice(at, at + longestEpoch));
  const iso = found === null ? undefined : isoOfEpoch(found[0]);
  if (found === null || iso === undefined) return undefined;
  return { iso, end: at + found[0].length, hasFraction: found[0].includes('.') };
}

const epochPattern =
  /^(?:[0-9]{10}(?:\.[0-9]{1,9})?|[0-9]{13}|[0-9]{16}|[0-9]{19}|[1-9]\.[0-9]{9,18}e\+?0?9)(?=[\s:|,\]]|$)/;

const mostYears = 10;

/** Whether a time is of the years around another, microseconds since the epoch: few numbers of ten digits are by chance. */
export function isNear(iso: string, reference: number): boolean {
  return Math.abs(Number(iso.slice(0, 4)) - new Date(reference / 1000).getUTCFullYear()) <= mostYears;
}
