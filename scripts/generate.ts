import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * `npm run generate`: writes everything that is generated and kept in the repository. Each has a test that fails when it is
 * out of date.
 */
const generators = [
  'generate-schemas.ts',
  'generate-api-types.ts',
  'generate-settings-table.ts',
  'generate-cli-reference.ts',
  'generate-websocket-tables.ts',
  'generate-helm-values.ts',
];

for (const generator of generators) {
  // One process for each: what one has written is what the next one imports.
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, generator)], { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`${generator} failed`);
    process.exit(1);
  }
  console.log(`✓ ${generator}`);
}
