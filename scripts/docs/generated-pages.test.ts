import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cliPage } from '../generate-cli-reference.ts';
import { configurationPage } from '../generate-settings-table.ts';
import { websocketPage } from '../generate-websocket-tables.ts';

const pageOf = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('docs/configuration.md lists every setting as its schema declares it', async () => {
  const page = pageOf('configuration.md');
  expect(page, 'run: npm run generate').toBe(await configurationPage());
  for (const variable of ['KAFKA_BROKERS', 'JWT_SECRET', 'CLOUD_ENDPOINT_ALLOWLIST', 'LOG_RETENTION_DAYS']) {
    expect(page).toContain(`| \`${variable}\` |`);
  }
});

test('docs/cli.md lists every command and option of tailrace as the command declares them', () => {
  const page = pageOf('cli.md');
  expect(page, 'run: npm run generate').toBe(cliPage());
  for (const command of ['tailrace tail', 'tailrace connections add', 'tailrace doctor']) {
    expect(page).toMatch(new RegExp(`^##+ ${command}$`, 'm'));
  }
});

test('docs/websocket.md lists every frame as its schema declares it', () => {
  const page = pageOf('websocket.md');
  expect(page, 'run: npm run generate').toBe(websocketPage());
  expect(page).toContain('`{type:"gap", matched, from, to, reason}`');
  expect(page).toContain('`{type:"subscribe", filter?, from?}`');
});
