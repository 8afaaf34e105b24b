import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { project } from '../../../scripts/chaos/installation.ts';
import { PageUnderTest } from './page-under-test.ts';

let stack: PageUnderTest;
beforeAll(async () => {
  stack = await PageUnderTest.start({}, 'shared');
});
afterAll(() => stack?.stop());

const schemaWords = /body\.|querystring|expected|received|Invalid input|Too small|Too big|Unrecognized/;

/** What a form says is wrong, and where the focus is. */
async function mistakes(page: Page): Promise<{ problems: string[]; focused: string | null; all: string }> {
  const dialog = page.getByRole('dialog');
  await dialog.locator('.field-problem:not(:empty)').first().waitFor();
  return {
    problems: await dialog.locator('.field-problem:not(:empty)').allTextContents(),
    focused: await page.evaluate(() => document.activeElement?.getAttribute('id') ?? null),
    all: (await dialog.textContent()) ?? '',
  };
}

const ruleNamed = (name: string) => ({
  project_id: project,
  name,
  alert_type: 'log_level',
  severity: 'low',
  conditions: { log_levels: ['fatal'] },
});

test('a connection’s form marks what is required and names each mistake at its field, in plain words', async () => {
  const page = await stack.open('connections/new');
  for (const name of ['Name', 'Region', 'Log group']) await page.getByText(`${name} required`).waitFor();
  await page.getByRole('button', { name: 'Test and start' }).click();
  const empty = await mistakes(page);
  expect(empty.problems).toEqual(['Name is required', 'Region is required', 'Log group is required']);
  expect(empty.focused).toBe('connection-name');
  expect(empty.all).toContain('Look at Name, Region, Log group: they are marked above.');

  await page.getByLabel(/^Name/).fill('a source');
  await page.getByLabel(/^Region/).fill('Ireland');
  await page.getByLabel(/^Log group/).fill('/ecs/x');
  await page.getByText('Settings with a default').click();
  await page.getByLabel(/^Batch size/).fill('many');
  await page.getByRole('button', { name: 'Test and start' }).click();
  expect((await mistakes(page)).problems).toEqual(['Batch size must be a number']);
  await page.getByLabel(/^Batch size/).fill('');
  await page.getByRole('button', { name: 'Test and start' }).click();
  await page.getByText('Region must be a region such as').waitFor();
  const refused = await mistakes(page);
  expect(refused.focused).toBe('field-region');
  expect(refused.all).not.toMatch(schemaWords);

  // A mistake within a pasted file stands at the file's field.
  await page.getByRole('radio', { name: 'Google Cloud Logging' }).check();
  await page.getByLabel(/^Project ID/).fill('my-project');
  await page.getByLabel(/^Log name/).fill('stdout');
  await page
    .getByLabel(/^Credentials JSON/)
    .first()
    .fill('{"type":"service_account"}');
  await page.getByRole('button', { name: 'Test and start' }).click();
  const nested = await mistakes(page);
  expect(nested.problems.join()).toMatch(/Credentials JSON/);
  expect(nested.focused).toBe('field-credentials_json');
  expect(nested.all).not.toMatch(schemaWords);
  await page.context().close();
});

test('an edited address asks for the stored secret before anything is sent, and no longer when it is taken back', async () => {
  const page = await stack.open('connections');
  await page.getByRole('link', { name: 'aws', exact: true }).click();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByText('Settings with a default').click();
  const endpoint = page.getByLabel(/^Endpoint/);
  const secret = page.getByLabel(/^Secret access key/);
  const stored = await endpoint.inputValue();
  expect(await secret.getAttribute('placeholder')).toBe('stored; leave empty to keep it');
  const notice = page.getByText('Needed again, since Endpoint has changed');
  expect(await notice.count()).toBe(0);
  await endpoint.fill('https://logs.example.com');
  await notice.waitFor();
  await page.getByText('Give again: Secret access key.').waitFor();
  expect(await secret.getAttribute('aria-required')).toBe('true');
  expect(await secret.getAttribute('placeholder')).not.toContain('keep it');
  await endpoint.fill(stored);
  await notice.waitFor({ state: 'detached' });
  expect(await secret.getAttribute('aria-required')).toBe('false');
  await page.context().close();
});

test('a rule’s form names each mistake at its field, and moves to the first', async () => {
  await stack.installation.api('POST', 'alert-rules', ruleNamed('Taken'));
  const page = await stack.open('alerts/rules');
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByLabel('Errors a minute').fill('');
  await page.getByLabel('Cooldown, minutes').fill('soon');
  await page.getByRole('button', { name: 'Add the rule' }).click();
  const first = await mistakes(page);
  expect(first.problems).toEqual([
    'Name is required',
    'Errors a minute is required',
    'Cooldown, minutes must be a number',
  ]);
  expect(first.focused).toBe('rule-name');
  await page.getByLabel(/^Name/).fill('Taken');
  await page.getByLabel('Errors a minute').fill('-1');
  await page.getByLabel('Cooldown, minutes').fill('100000000');
  await page.getByRole('button', { name: 'Add the rule' }).click();
  await expect.poll(async () => (await mistakes(page)).focused).toBe('rule-cooldown_minutes');
  expect((await mistakes(page)).all).not.toMatch(schemaWords);
  await page.getByLabel('Cooldown, minutes').fill('15');
  await page.getByRole('button', { name: 'Add the rule' }).click();
  await expect.poll(async () => (await mistakes(page)).focused).toBe('rule-conditions-threshold');
  expect((await mistakes(page)).all).not.toMatch(schemaWords);
  await page.getByLabel('When').selectOption('log_level');
  await page.getByLabel('fatal').uncheck();
  await page.getByRole('button', { name: 'Add the rule' }).click();
  await page.getByText('Levels needs at least one').waitFor();
  await page.getByLabel('fatal').check();
  await page.getByRole('button', { name: 'Add the rule' }).click();
  await page.getByText('Name is the name of another rule').waitFor();
  await page.context().close();
});

test('Escape asks before it drops what is written, and closes at once what is not', async () => {
  const page = await stack.open('alerts/rules');
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByLabel(/^Name/).fill('Half written');
  await page.keyboard.press('Escape');
  await page.getByText('What you have written is not saved.').waitFor();
  // Escape is not the answer that loses it, however often it is pressed.
  for (let times = 0; times < 3; times++) await page.keyboard.press('Escape');
  expect(await page.getByLabel(/^Name/).inputValue()).toBe('Half written');
  if ((await page.getByRole('button', { name: 'Keep editing' }).count()) === 0) await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Keep editing' }).click();
  expect(await page.getByLabel(/^Name/).inputValue()).toBe('Half written');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Discard it' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.context().close();
});

test('a double click on Delete… deletes nothing', async () => {
  await stack.installation.api('POST', 'alert-rules', ruleNamed('Not to go'));
  await stack.installation.api('POST', 'channels', {
    project_id: project,
    channel_name: 'on call',
    channel_type: 'webhook',
    channel_config: { url: 'https://example.com/hook' },
  });
  const page = await stack.open('alerts/rules');
  const deleted: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'DELETE') deleted.push(request.url());
  });
  await page.getByRole('link', { name: 'Not to go' }).click();
  await page.getByRole('button', { name: 'Delete…' }).dblclick();
  const keep = page.getByRole('button', { name: 'Keep it' });
  await keep.waitFor();
  expect(await keep.evaluate((button) => button === document.activeElement)).toBe(true);
  await keep.click();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Channels' }).click();
  await page.getByRole('button', { name: 'Delete…' }).dblclick();
  await keep.click();
  await page.getByRole('link', { name: 'Connections' }).click();
  await page.locator('.connection-name').first().click();
  await page.getByRole('button', { name: 'Delete…' }).dblclick();
  await keep.click();
  expect(deleted).toEqual([]);
  await page.keyboard.press('Escape');
  await page.goto(`${stack.entrance.url}/projects/${project}/alerts/rules`);
  await page.getByRole('link', { name: 'Not to go' }).click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Delete it, and resolve its alerts' }).click();
  await page.getByRole('link', { name: 'Not to go' }).waitFor({ state: 'detached' });
  expect(deleted).toHaveLength(1);
  await page.context().close();
});

test('the preview of another kind of rule shows nothing of the kind before, and how far it is', async () => {
  const page = await stack.open('alerts/rules');
  await page.getByRole('button', { name: 'Add a rule' }).click();
  const preview = page.getByRole('region', { name: 'Preview' });
  await preview.getByText(/lines that count/).waitFor();
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/alert-rules/backtest', async (route) => {
    await answered;
    await route.continue();
  });
  await page.getByLabel('When').selectOption('log_level');
  await preview.getByText('Reading the log').waitFor();
  expect(await preview.getByText(/lines that count/).count()).toBe(0);
  answer();
  await preview.getByText(/lines that count/).waitFor();
  await page.context().close();
});

test('a project without a source offers to add one, where its lines would be', async () => {
  const context = await stack.browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.route(`**/connections/${project}`, (route) => route.fulfill({ json: { connections: [] } }));
  await page.goto(`${stack.entrance.url}/projects/${project}/live#token=${await stack.installation.token()}`);
  await page.getByText('No source yet.').waitFor();
  await page.getByRole('link', { name: 'Add a connection' }).first().click();
  await page.getByRole('heading', { name: 'Add a connection' }).waitFor();
  await context.close();
});
