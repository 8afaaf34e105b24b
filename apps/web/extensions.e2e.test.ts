import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExtendedInstallation } from '../../scripts/examples/extended-installation.ts';
import { buildWeb } from '../../scripts/web-build.mjs';
import { openBrowser } from './e2e/browser.ts';

const root = join(import.meta.dirname, '..', '..');
let installation: ExtendedInstallation;
let browser: Browser;
beforeAll(async () => {
  const built = await buildWeb(root, async (file: string, args: string[], cwd: string) => {
    return spawnSync(file, args, { cwd, stdio: 'inherit' }).status ?? 1;
  });
  if (!built) throw new Error('the page could not be built');
  [installation, browser] = await Promise.all([ExtendedInstallation.start(), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await installation?.stop();
});

async function open(path: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${installation.url}/projects/demo/${path}#token=${installation.token}`);
  await page.locator('.shell').waitFor();
  return page;
}

test('a fourth cloud is chosen, filled in by its own fields and started on the page', async () => {
  const journal = join(installation.directory, 'page.journal');
  writeFileSync(journal, '');
  const page = await open('connections/new');
  await page.getByRole('radio', { name: 'Beacon Logs' }).check();
  await page.getByRole('button', { name: 'Test and start' }).click();
  await page.getByText('Journal is required').waitFor();
  await page.getByLabel(/^Name/).fill('lighthouse');
  await page.getByLabel(/^Journal/).fill(journal);
  expect(await page.getByLabel(/^Access code/).getAttribute('type')).toBe('password');
  await page.getByRole('button', { name: 'Test and start' }).click();
  await page.getByText(/Beacon Logs · conn_/).waitFor();
  await page.getByText(`Beacon Logs · ${journal}`).waitFor();
  await page.close();
});

test('a rule of an installation’s own kind is made by a form of its conditions', async () => {
  const page = await open('alerts/rules');
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByLabel('When').selectOption({ label: 'Too many slow requests' });
  await page.getByLabel(/^Name/).fill('slow checkout');
  await page.getByLabel(/^Slower than/).fill('500');
  await page.getByLabel('Window').fill('90');
  await page.getByRole('button', { name: 'Add the rule' }).click();
  await page.getByText('Requests is required').waitFor();
  await page.getByText(/must be 1 to 60/).waitFor();
  await page.getByLabel(/^Requests/).fill('2');
  await page.getByLabel('Window').fill('5');
  await page.getByRole('button', { name: 'Add the rule' }).click();
  await page.getByText('2 requests slower than 500 ms').waitFor();
  await page.getByRole('link', { name: 'slow checkout' }).click();
  expect(await page.getByLabel(/^Slower than/).inputValue()).toBe('500');
  const { rules } = await installation.api('GET', 'alert-rules/demo');
  expect(rules).toMatchObject([
    { alert_type: 'slow_requests', conditions: { slower_than_ms: 500, requests: 2, window_minutes: 5, path: '' } },
  ]);
  await page.close();
});

test('a channel of an installation’s own kind is made by a form of its configuration', async () => {
  const page = await open('alerts/channels');
  await page.getByRole('button', { name: 'Add a channel' }).click();
  await page.getByRole('radio', { name: 'log-file' }).check();
  await page.getByLabel(/^Name/).fill('on file');
  await page.getByLabel(/^File/).fill(join(installation.directory, 'page-alerts.log'));
  await page.getByLabel(/^Pager code/).fill('hunter2');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('on file').waitFor();
  const { channels } = await installation.api('GET', 'channels/demo');
  expect(channels).toMatchObject([{ channel_type: 'log-file', secrets_set: ['pager_code'] }]);
  await page.close();
});
