import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules', '.bin');
const LONGEST_RUN_MS = 38 * 60_000;
/** Hundreds of commands and roles are started by a run: what Node has stripped and compiled once is not done again. */
const COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(ROOT, '.tailrace', 'compile-cache');

/** How a tool ended. */
export interface Outcome {
  readonly code: number;
  /** In words: an exit code or the signal that ended it. */
  readonly ending: string;
  readonly output: string;
}

/** Runs a tool of node_modules/.bin. Its output is shown as it comes, or kept for when it matters. */
export function runTool(file: string, args: readonly string[], show: boolean): Promise<Outcome> {
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, PATH: `${BIN}:${process.env.PATH ?? ''}` };
  const child = spawn(join(BIN, file), args, { cwd: ROOT, env, stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGTERM');
  process.once('SIGTERM', stop);
  const limit = setTimeout(stop, LONGEST_RUN_MS);
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      process.off('SIGTERM', stop);
      resolve({ code: code ?? 1, ending: signal ?? `exit code ${code}`, output });
    });
  });
}
