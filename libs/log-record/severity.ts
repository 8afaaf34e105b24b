/**
 * Severity numbers of OpenTelemetry's log data model (1 to 24; 0 is unset) for the levels that sources write.
 * @see https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
 */
export const severity = {
  unset: 0,
  trace: 1,
  debug: 5,
  info: 9,
  notice: 10,
  warn: 13,
  error: 17,
  critical: 18,
  alert: 19,
  fatal: 21,
} as const;

/** Words of the usual logging libraries, of syslog (RFC 5424 table 2) and of nginx; lower case. */
const words: Readonly<Record<string, number>> = {
  trace: severity.trace,
  trc: severity.trace,
  trce: severity.trace,
  trac: severity.trace,
  finest: severity.trace,
  silly: severity.trace,
  vrb: severity.trace,
  debug: severity.debug,
  dbg: severity.debug,
  dbug: severity.debug,
  debu: severity.debug,
  deb: severity.debug,
  debug1: severity.debug,
  debug2: severity.debug,
  debug3: severity.debug,
  debug4: severity.debug,
  debug5: severity.debug,
  diag: severity.debug,
  fine: severity.debug,
  finer: severity.debug,
  verbose: severity.debug,
  http: severity.debug,
  info: severity.info,
  inf: severity.info,
  information: severity.info,
  informational: severity.info,
  config: severity.info,
  log: severity.info,
  success: severity.info,
  fyi: severity.info,
  system: severity.info,
  notice: severity.notice,
  note: severity.notice,
  warn: severity.warn,
  wrn: severity.warn,
  warning: severity.warn,
  error: severity.error,
  err: severity.error,
  eror: severity.error,
  erro: severity.error,
  failure: severity.error,
  fail: severity.error,
  severe: severity.error,
  crit: severity.critical,
  alert: severity.alert,
  critical: severity.fatal,
  emerg: severity.fatal,
  emrg: severity.fatal,
  emergency: severity.fatal,
  fatal: severity.fatal,
  ftl: severity.fatal,
  fata: severity.fatal,
  catastrophe: severity.fatal,
  panic: severity.fatal,
  pani: severity.fatal,
  pnc: severity.fatal,
  dpanic: severity.fatal,
};

/** Each word as sources write it, so that the usual case needs no lower-casing. */
const spellings = new Map<string, number>(
  Object.entries(words).flatMap(([word, number]) => [
    [word, number],
    [word.toUpperCase(), number],
    [word.charAt(0).toUpperCase() + word.slice(1), number],
  ]),
);
const longestWord = Math.max(...Object.keys(words).map((word) => word.length));

/**
 * The number of a level's word, in any case; 0 for a word that is no level. Also of a level between the named ones, as
 * Go's slog (`INFO+2`) and OpenTelemetry (`INFO2`) write it: both have four steps from one name to the next.
 */
export function severityOfWord(word: string): number {
  if (word.length > longestWord) return severity.unset;
  return spellings.get(word) ?? spellings.get(word.toLowerCase()) ?? betweenNames(word);
}

const steppedNames: Readonly<Record<string, number>> = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 };
const stepped = /^([A-Z]{4,5})(?:([+-][0-9]{1,2})|([2-4]))$/;

function betweenNames(word: string): number {
  const last = word.charCodeAt(word.length - 1);
  if (last < 0x30 || last > 0x39) return severity.unset;
  const found = stepped.exec(word);
  const base = found === null ? undefined : steppedNames[found[1] as string];
  if (found === null || base === undefined) return severity.unset;
  const number = found[2] === undefined ? base + Number(found[3]) - 1 : base + Number(found[2]);
  return Math.min(24, Math.max(1, number));
}

/** pino's and bunyan's numbers: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal; own levels count as the next lower. */
export function severityOfPinoLevel(level: number): number {
  if (!(level >= 10)) return severity.unset;
  return [severity.trace, severity.debug, severity.info, severity.warn, severity.error, severity.fatal][
    Math.min(5, Math.floor(level / 10) - 1)
  ] as number;
}

/** Python's `levelno`: 10 debug, 20 info, 30 warning, 40 error, 50 critical; own levels count as the next lower. */
export function severityOfPythonLevel(level: number): number {
  return level >= 10 ? severityOfPinoLevel(level + 10) : severity.unset;
}

/** Syslog's severities 0 (emerg) to 7 (debug), RFC 5424 section 6.2.1. */
export function severityOfSyslog(level: number): number {
  return (
    [
      severity.fatal,
      severity.alert,
      severity.critical,
      severity.error,
      severity.warn,
      severity.notice,
      severity.info,
      severity.debug,
    ][level] ?? severity.unset
  );
}

/** Monolog's numbers, 100 (DEBUG) to 600 (EMERGENCY). @see https://github.com/Seldaek/monolog/blob/main/doc/01-usage.md#log-levels */
export function severityOfMonolog(level: number): number {
  return monologLevels.get(level) ?? severity.unset;
}
const monologLevels = new Map<number, number>([
  [100, severity.debug],
  [200, severity.info],
  [250, severity.notice],
  [300, severity.warn],
  [400, severity.error],
  [500, severity.critical],
  [550, severity.alert],
  [600, severity.fatal],
]);

/** java.util.logging's numbers, 300 (FINEST) to 1000 (SEVERE). */
export function severityOfJavaUtilLogging(level: number): number {
  return javaUtilLevels.get(level) ?? severity.unset;
}
const javaUtilLevels = new Map<number, number>([
  [300, severity.trace],
  [400, severity.debug],
  [500, severity.debug],
  [700, severity.info],
  [800, severity.info],
  [900, severity.warn],
  [1000, severity.error],
]);

/** Logback's numbers, 5000 (TRACE) to 40000 (ERROR), as logstash-logback-encoder writes them under `level_value`. */
export function severityOfLogback(level: number): number {
  return logbackLevels.get(level) ?? severity.unset;
}
const logbackLevels = new Map<number, number>([
  [5000, severity.trace],
  [10000, severity.debug],
  [20000, severity.info],
  [30000, severity.warn],
  [40000, severity.error],
  [50000, severity.fatal],
]);

/** Microsoft.Extensions.Logging's LogLevel: 0 Trace to 5 Critical; 6, None, is no level. */
export function severityOfDotnet(level: number): number {
  return (
    [severity.trace, severity.debug, severity.info, severity.warn, severity.error, severity.fatal][level] ??
    severity.unset
  );
}

/** Application Insights' SeverityLevel: 0 Verbose to 4 Critical. */
export function severityOfAppTraces(level: number): number {
  return [severity.debug, severity.info, severity.warn, severity.error, severity.fatal][level] ?? severity.unset;
}

/** Windows event levels, as Azure's `Level` columns use them: 1 critical to 5 verbose. */
export function severityOfWindowsEvent(level: number): number {
  return (
    [severity.unset, severity.fatal, severity.error, severity.warn, severity.info, severity.debug][level] ??
    severity.unset
  );
}

const gcpNames = ['DEFAULT', 'DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];
const gcpNumbers = [0, 5, 9, 10, 13, 17, 21, 22, 24];

/**
 * Cloud Logging's LogSeverity by name (`ERROR`) or number (`500`).
 * @see https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity
 */
export function severityOfGcp(level: string): number {
  const byName = gcpNames.indexOf(level);
  if (byName >= 0) return gcpNumbers[byName] as number;
  return gcpNumbers[Math.floor(Number(level) / 100)] ?? severity.unset;
}
