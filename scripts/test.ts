import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { countTests, type TestCounts } from './test-report.ts';

/**
 * `npm test`: the checks that need no test, then every test. Its last line is `N passed, N failed, N skipped`, counting
 * tests; the exit code is 0 only when all checks and tests passed.
 * `npm test -- <arguments>` hands the arguments to vitest and runs nothing else.
 */
const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules', '.bin');
const REPORT = join(ROOT, '.tailrace', 'test-report.json');
const LONGEST_RUN_MS = 38 * 60_000;

const CHECKS: readonly { readonly name: string; readonly command: readonly [string, ...string[]] }[] = [
  { name: 'Types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'Types of the web page', command: ['tsc', '-p', 'apps/web/tsconfig.json'] },
  { name: 'Lint and format', command: ['biome', 'check', '--config-path=.config', '--error-on-warnings', '.'] },
  {
    name: 'Import directions',
    command: ['depcruise', '--config', '.config/dependency-cruiser.cjs', 'schemas', 'libs', 'apps', 'scripts'],
  },
  {
    name: 'Unused files, exports and dependencies',
    command: ['knip', '--config', '.config/knip.json', '--no-progress'],
  },
];

const VITEST = ['run', '--config', '.config/vitest.config.ts'];

interface Outcome {
  readonly code: number;
  /** How it ended, in words: an exit code or the signal that ended it. */
  readonly ending: string;
  readonly output: string;
}

/** Runs a tool of node_modules/.bin. Its output is shown as it comes, or kept for when it matters. */
function run(file: string, args: readonly string[], show: boolean): Promise<Outcome> {
  const env = { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ''}` };
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

/** Runs every check, also after one failed. Returns the names of those that failed. */
async function runChecks(): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, command } of CHECKS) {
    const started = Date.now();
    const [file, ...args] = command;
    const { code, output } = await run(file, args, false);
    console.log(`${code === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    if (code === 0) continue;
    failed.push(name);
    console.log(output);
  }
  return failed;
}

/** A failure that belongs to no test, such as an error that nobody caught, counts as one failed test: it must not hide. */
async function runTests(): Promise<TestCounts> {
  mkdirSync(join(REPORT, '..'), { recursive: true });
  rmSync(REPORT, { force: true });
  const { code, ending } = await run(
    'vitest',
    [...VITEST, '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`],
    true,
  );
  if (!existsSync(REPORT)) {
    return { passed: 0, failed: 1, skipped: 0, failures: [`vitest ended (${ending}) before it wrote its report`] };
  }
  const counts = countTests(readFileSync(REPORT, 'utf8'));
  if (code === 0 || counts.failed > 0) return counts;
  return { ...counts, failed: 1, failures: ['an error outside of the tests, which vitest reports above'] };
}

async function main(): Promise<number> {
  // A terminal's Ctrl-C reaches vitest too; this process stays until vitest has stopped what it started.
  process.on('SIGINT', () => {});
  const given = process.argv.slice(2);
  if (given.length > 0) return (await run('vitest', [...VITEST, ...given], true)).code;

  const started = Date.now();
  const failedChecks = await runChecks();
  const counts = await runTests();
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  console.log(`\nFinished in ${minutes} minutes.`);
  for (const failure of counts.failures) console.log(`Failed: ${failure}`);
  console.log(failedChecks.length === 0 ? 'All checks passed.' : `Failed checks: ${failedChecks.join(', ')}.`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return failedChecks.length === 0 && counts.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
