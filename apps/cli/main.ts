import { CommanderError } from 'commander';
import { CliError, exitCodes } from './cli-error.ts';
import { onBrokenPipe, warn } from './output/terminal.ts';
import { createProgram } from './program.ts';

onBrokenPipe(process.stdout, () => process.exit(exitCodes.done));
try {
  await createProgram({ env: process.env, directory: process.cwd() }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  } else if (error instanceof CliError) {
    warn(error.message);
    if (error.help !== undefined) warn(error.help);
    process.exitCode = error.exitCode;
  } else {
    warn(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = exitCodes.failed;
  }
}
