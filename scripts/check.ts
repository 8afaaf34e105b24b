import { runChecks, testChecks, toolChecks } from './checks/checks.ts';

/** `npm run check`: everything that is checked without running the product. The exit code is 0 when all is as it should be. */
const failed = await runChecks([...toolChecks, ...testChecks]);
console.log(failed.length === 0 ? 'All checks passed.' : `Failed checks: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
