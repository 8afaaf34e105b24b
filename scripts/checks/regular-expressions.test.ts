import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/**
 * Where a JavaScript expression is put together, each from constants of the module alone. JavaScript's expressions
 * backtrack: what people write goes to `compileRegex` (RE2), or to a matcher of its own.
 */
const fromConstants = new Set([
  'libs/connectors/aws-cloudwatch/log-group.ts',
  'libs/connectors/azure-monitor/kql-tokens.ts',
  'libs/connectors/gcp-logging/filter.ts',
  'libs/http/allowed-methods.ts',
  'libs/normalise/colours.ts',
  'scripts/api-types/operations.ts',
  'scripts/words/prose.ts',
]);

/** `RegExp(…)`, and the methods of strings that make one of a text. */
const makesOne = /\bRegExp\s*\(|\.(?:match|matchAll|search)\(\s*(?!\/|\))[`'"]/;

it('the code makes no JavaScript expression of what people write', () => {
  const files = execFileSync('git', ['ls-files', 'apps', 'libs', 'scripts'], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(?:ts|tsx|mjs)$/.test(file) && !/\.test\.tsx?$|\/test-[\w-]+\.ts$/.test(file));
  expect(files.length).toBeGreaterThan(500);
  const found = files.filter((file) => makesOne.test(readFileSync(join(root, file), 'utf8')));
  expect(found.filter((file) => !fromConstants.has(file))).toEqual([]);
});
