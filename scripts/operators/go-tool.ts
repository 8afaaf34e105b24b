import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../checks/run-tool.ts';

/** Where tools are built that this machine lacks. */
const built = join(ROOT, '.tailrace', 'tools');

/** A program that is written in Go: `module@version` builds it. */
interface GoTool {
  readonly name: string;
  readonly module: string;
}

/**
 * The path of a tool: the one on the PATH, else one that was built here before, else one that Go builds now.
 * @throws Error that says what is needed.
 */
export function findGoTool({ name, module }: GoTool): string {
  if (runs(name)) return name;
  const own = join(built, name);
  if (existsSync(own)) return own;
  if (!runs('go')) throw new Error(`needs ${name} on the PATH, or Go, which builds it: go install ${module}`);
  console.log(`building ${name} (minutes, once): go install ${module}`);
  const { status } = spawnSync('go', ['install', module], { env: { ...process.env, GOBIN: built }, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${name} could not be built`);
  return own;
}

function runs(program: string): boolean {
  return spawnSync(program, ['version'], { stdio: 'ignore' }).error === undefined;
}
