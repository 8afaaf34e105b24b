import { type Remedy, TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** What a script can tell from the exit status. */
export const exitCodes = {
  done: 0,
  /** The server refused, or cannot be reached. */
  failed: 1,
  /** The command line, or what it needs from the environment, is wrong. */
  usage: 2,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** A failure to be shown to a person in one or two lines. */
export class CliError extends TailraceError {
  readonly exitCode: number;

  /** @param remedy `retry` for what may pass by itself. */
  constructor(message: string, exitCode: number, help?: string, remedy: Remedy = 'give-up') {
    super(message, { code: 'cli.failed', remedy, ...(help !== undefined && { help }) });
    this.exitCode = exitCode;
  }
}
