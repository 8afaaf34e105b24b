import { type Instant, parseRfc3339 } from '../instant.ts';
import { AzureError } from './azure-error.ts';

/** What the API's `timespan` leaves of TimeGenerated, both ends in. */
export interface Timespan {
  readonly from: Instant;
  readonly to: Instant;
}

const durationPattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Reads an ISO 8601 interval: start/end, start/duration, duration/end, or a duration until now. */
export function readTimespan(text: string, now: Instant): Timespan {
  const [first = '', second] = text.split('/');
  const [firstDuration, secondDuration] = [duration(first), duration(second ?? '')];
  const [start, end] = [parseRfc3339(first), second === undefined ? now : parseRfc3339(second)];
  if (firstDuration !== undefined && end !== undefined) return { from: end - firstDuration, to: end };
  if (start !== undefined && secondDuration !== undefined) return { from: start, to: start + secondDuration };
  if (start !== undefined && second !== undefined && end !== undefined) return { from: start, to: end };
  throw new AzureError(400, 'BadArgumentError', `The timespan '${text}' is not a valid ISO 8601 interval.`);
}

function duration(text: string): bigint | undefined {
  const match = durationPattern.exec(text);
  if (match === null || text === 'P') return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return BigInt(Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1e6)) * 1000n;
}
