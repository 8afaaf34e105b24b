import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks, toolChecks, VITEST } from './checks/checks.ts';
import { ROOT, runTool } from './checks/run-tool.ts';
import { countTests, type TestCounts } from './testing/test-report.ts';

/**
 * `npm test`: the checks that need no test, then every test. Its last line is `N passed, N failed, N skipped`, counting
 * tests; the exit code is 0 only when all checks and tests passed.
 * `npm test -- <arguments>` hands the arguments to vitest and runs nothing else.
 */
const REPORT = join(ROOT, '.tailrace', 'test-report.json');

/** A failure that belongs to no test, such as an error that nobody caught, counts as one failed test: it must not hide. */
async function runTests(): Promise<TestCounts> {
  mkdirSync(join(REPORT, '..'), { recursive: true });
  rmSync(REPORT, { force: true });
  const { code, ending } = await runTool(
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
  if (given.length > 0) return (await runTool('vitest', [...VITEST, ...given], true)).code;

  const started = Date.now();
  const failedChecks = await runChecks(toolChecks);
  const counts = await runTests();
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  console.log(`\nFinished in ${minutes} minutes.`);
  for (const failure of counts.failures) console.log(`Failed: ${failure}`);
  console.log(failedChecks.length === 0 ? 'All checks passed.' : `Failed checks: ${failedChecks.join(', ')}.`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return failedChecks.length === 0 && counts.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
