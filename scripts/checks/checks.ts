import { runTool } from './run-tool.ts';

/** A tool that looks at the whole repository and fails when something is not as it should be. */
interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** Arguments of vitest that every run of it has. */
export const VITEST = ['run', '--config', '.config/vitest.config.ts'] as const;

/** What is checked without running the product. */
export const toolChecks: readonly Check[] = [
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

/** Checks that are unit tests, so that a run of all tests has them anyway. */
export const testChecks: readonly Check[] = [
  {
    name: 'Generated files and pages, links, commands and names in the documentation, words',
    command: [
      'vitest',
      ...VITEST,
      '--project',
      'unit',
      'scripts/api-types',
      'scripts/schema-code',
      'scripts/docs',
      'scripts/operators',
      'scripts/words',
    ],
  },
];

/** Runs every check, also after one failed. Returns the names of those that failed. */
export async function runChecks(checks: readonly Check[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, command } of checks) {
    const started = Date.now();
    const [file, ...args] = command;
    const { code, output } = await runTool(file, args, false);
    console.log(`${code === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    if (code === 0) continue;
    failed.push(name);
    console.log(output);
  }
  return failed;
}
