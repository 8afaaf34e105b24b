import { expect, test } from 'vitest';
import { countTests } from './test-report.ts';

function report(...files: { name: string; status: string; tests: Record<string, string> }[]): string {
  const testResults = files.map(({ name, status, tests }) => ({
    name,
    status,
    assertionResults: Object.entries(tests).map(([fullName, outcome]) => ({ fullName, status: outcome })),
  }));
  return JSON.stringify({ success: false, testResults });
}

test('the report of tests counts passed, failed and skipped tests over all files', () => {
  const counts = countTests(
    report(
      { name: 'a.test.ts', status: 'failed', tests: { one: 'passed', two: 'failed', three: 'skipped' } },
      { name: 'b.test.ts', status: 'passed', tests: { four: 'passed', five: 'todo', six: 'pending' } },
    ),
  );
  expect(counts).toEqual({ passed: 2, failed: 1, skipped: 3, failures: ['a.test.ts > two'] });
});

test('the report of tests counts a file that could not be loaded as a failed test', () => {
  const counts = countTests(report({ name: 'broken.test.ts', status: 'failed', tests: {} }));
  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0, failures: ['broken.test.ts'] });
});

test('the report of tests counts a file whose set-up failed besides its passed tests', () => {
  const counts = countTests(report({ name: 'c.test.ts', status: 'failed', tests: { one: 'passed', two: 'skipped' } }));
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: 1, failures: ['c.test.ts'] });
});
