import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** `30s`, `15m`, `2h`, `7d` in milliseconds. @throws InvalidArgumentError for anything else. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match) throw new InvalidArgumentError('A duration is a number and s, m, h or d, such as 15m.');
  return Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0);
}

/** Where to begin, as the server takes it: `15m` (or `-15m`) back from now, or an RFC 3339 time. */
export function parseSince(text: string): string {
  if (/^-?\d{1,6}[smhd]$/.test(text)) return text.startsWith('-') ? text : `-${text}`;
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) {
    // A Date would cut it to milliseconds.
    return rfc3339.test(text) ? text : new Date(text).toISOString();
  }
  throw new InvalidArgumentError('Give a duration such as 15m, or a time such as 2026-01-02T03:04:05Z.');
}
