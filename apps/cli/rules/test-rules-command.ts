import { spawn } from 'node:child_process';
import { join } from 'node:path';

interface CommandRun {
  readonly directory: string;
  readonly url: string;
  readonly token: string;
}

export interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tailrace rules …` as a process of its own, in a directory, against an API. */
export async function runRules({ directory, url, token }: CommandRun, args: readonly string[]): Promise<Done> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'main.ts'), 'rules', ...args], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      TAILRACE_URL: url,
      TAILRACE_TOKEN: token,
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [child.stdout.toArray(), child.stderr.toArray()];
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout: (await stdout).join(''), stderr: (await stderr).join('') };
}
