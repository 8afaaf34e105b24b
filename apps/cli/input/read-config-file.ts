import { readFileSync } from 'node:fs';
import { CliError, exitCodes } from '../cli-error.ts';

/** What `--config` names: JSON of a file, or of standard input for `-`. @throws CliError that quotes nothing of it. */
export function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8'));
  } catch (error) {
    // The message of a JSON error quotes the text, which may hold a secret.
    const reason = error instanceof SyntaxError ? 'it is not JSON' : String(error);
    throw new CliError(`--config ${path}: ${reason}`, exitCodes.usage);
  }
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return { ...config };
  throw new CliError(`--config ${path}: it is not a JSON object`, exitCodes.usage);
}
