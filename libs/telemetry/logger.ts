import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { describeError } from './describe-error.ts';
import { redactLine } from './redaction.ts';

/** Structured JSON lines. `logger.child({ role: 'ingest' })` for everything below one role. */
export type Logger = PinoLogger;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** Least level that is written. `debug` shows each poll and each transaction. */
  readonly level: LogLevel;
  /** Where lines go; stdout when left out. */
  readonly destination?: DestinationStream;
}

/**
 * Makes a process's logger. Fields whose name says that they are secret, and text that looks like a token, a private
 * key or a password in a URL, are replaced before a line is written, at any depth.
 *
 * Errors go under `err`: `logger.warn({ err }, 'the broker is unreachable')`.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
      hooks: { streamWrite: redactLine },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
