const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** A span of time as people write it, `90s`, `15m`, `6h` or `7d`, in milliseconds; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unitMs[unit] ?? 0);
}

/** A span before now, `-15m`, in milliseconds; undefined for anything else. */
export function agoMs(text: string): number | undefined {
  return text.startsWith('-') ? durationMs(text.slice(1)) : undefined;
}

/** The form of a span before now, `-15m`. */
export const agoPattern = /^-\d{1,6}[smhd]$/;

/** Whether a text has the form of an RFC 3339 time with its zone. */
export function isRfc3339(text: string): boolean {
  return rfc3339.test(text);
}
