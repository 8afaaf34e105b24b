import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readmeWithSettings } from './generate-settings-table.ts';

it('README’s table holds every setting as it is', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme, 'run: node scripts/generate-settings-table.ts').toBe(await readmeWithSettings());
  for (const variable of ['KAFKA_BROKERS', 'JWT_SECRET', 'CLOUD_ENDPOINT_ALLOWLIST', 'LOG_RETENTION_DAYS']) {
    expect(readme).toContain(`| \`${variable}\` |`);
  }
});
