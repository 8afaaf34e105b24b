/**
 * The six ranges of OpenTelemetry's severity numbers
 * (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber): each holds four numbers.
 */
export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof levels)[number];

/** The range of a severity number; undefined for 0, unset. */
export function levelOf(severityNumber: number): Level | undefined {
  return severityNumber < 1 ? undefined : levels[Math.floor((severityNumber - 1) / 4)];
}

/** The least severity number of a level. */
export function leastSeverity(level: Level): number {
  return levels.indexOf(level) * 4 + 1;
}
