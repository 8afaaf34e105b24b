import { durationMs, isRfc3339 } from '@tailrace/log-query/instant.ts';
import { InvalidArgumentError } from 'commander';

/** `30s`, `15m`, `2h`, `7d` in milliseconds. @throws InvalidArgumentError for anything else. */
export function parseDuration(text: string): number {
  const span = durationMs(text);
  if (!span) throw new InvalidArgumentError('A duration is a number from 1 and s, m, h or d, such as 15m.');
  return span;
}

/** Where to begin, as the server takes it: `15m` (or `-15m`) back from now, or an RFC 3339 time. */
export function parseSince(text: string): string {
  const span = text.replace(/^-/, '');
  if (durationMs(span) !== undefined) return `-${span}`;
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) {
    // A Date would cut it to milliseconds.
    return isRfc3339(text) ? text : new Date(text).toISOString();
  }
  throw new InvalidArgumentError('Give a duration such as 15m, or a time such as 2026-01-02T03:04:05Z.');
}
