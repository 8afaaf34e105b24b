import { z } from 'zod';

/** The parts of vitest's JSON report that are counted: https://vitest.dev/guide/reporters#json-reporter */
const reportSchema = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

/** How many tests went which way, and what failed by name. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** `file > test`, or the file alone when it could not be loaded. */
  readonly failures: readonly string[];
}

/**
 * Counts a vitest run. A file that failed without any failed test in it (it could not be loaded, or its set-up threw)
 * counts as one failed test, so that it cannot hide.
 */
export function countTests(json: string): TestCounts {
  const { testResults } = reportSchema.parse(JSON.parse(json));
  const tests = testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const failedTests = tests.filter((test) => test.status === 'failed');
  const failures = failedTests.map((test) => `${test.file} > ${test.fullName}`);
  for (const file of testResults) {
    if (file.status === 'failed' && !failedTests.some((test) => test.file === file.name)) failures.push(file.name);
  }
  const passed = tests.filter((test) => test.status === 'passed').length;
  return { passed, failed: failures.length, skipped: tests.length - passed - failedTests.length, failures };
}
