/** LogSeverity's names and numbers, lowest first. Source: google.logging.type.LogSeverity. */
const severities = {
  DEFAULT: 0,
  DEBUG: 100,
  INFO: 200,
  NOTICE: 300,
  WARNING: 400,
  ERROR: 500,
  CRITICAL: 600,
  ALERT: 700,
  EMERGENCY: 800,
} as const;

type Severity = keyof typeof severities;

/** The number of a name (in any case) or of a number in digits; undefined for anything else. */
export function severityNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase();
  return Object.hasOwn(severities, name) ? severities[name as Severity] : undefined;
}
