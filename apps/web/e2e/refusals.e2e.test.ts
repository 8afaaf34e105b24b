import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { project } from '../../../scripts/chaos/installation.ts';
import { openBrowser } from './browser.ts';
import { PageUnderTest } from './page-under-test.ts';
import { refusals } from './refusals.ts';

let stack: PageUnderTest;
beforeAll(async () => {
  stack = await PageUnderTest.start({}, 'shared');
});
afterAll(() => stack?.stop());

/** Opens the live view as the printed address does, in a browser that lacks or refuses something. */
async function openIn(browser: Browser, script?: () => void): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  if (script !== undefined) await page.addInitScript(script);
  await page.goto(`${stack.entrance.url}/projects/${project}/live#token=${await stack.installation.token()}`);
  return { page, errors };
}

/** Everything is there, and every page can be gone to. */
async function works(page: Page): Promise<void> {
  stack.emit(['a line for every browser']);
  await page.locator('.log-row', { hasText: 'a line for every browser' }).first().waitFor();
  await page.getByRole('img', { name: /[1-9]\d* lines/ }).waitFor();
  await stack.openNewestLine(page);
  await page.getByRole('tab', { name: 'Fields' }).waitFor();
  await page.getByRole('button', { name: /^Copy/ }).first().click();
  for (let theme = 0; theme < 3; theme++) await page.getByRole('button', { name: /^Colours:/ }).click();
  await page.getByRole('link', { name: 'Connections' }).click();
  await page.locator('.connection-name').first().click();
  await page.getByRole('heading', { name: 'Configuration' }).waitFor();
  await page.keyboard.press('Escape');
  for (const name of ['Alerts', 'Replays']) {
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
  }
  expect(await page.getByRole('alert').allTextContents()).toEqual([]);
}

test.each(refusals)('the page works in a browser with $name', async ({ script }) => {
  const { page, errors } = await openIn(stack.browser, script);
  await works(page);
  expect(errors).toEqual([]);
  await page.context().close();
});

test('the page works in a browser whose machine has no locale (LANG=C)', async () => {
  const browser = await openBrowser('C');
  try {
    const { page, errors } = await openIn(browser);
    await works(page);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});

const answers: readonly (readonly [name: string, contentType: string, body: string])[] = [
  ['a proxy’s page', 'text/html', '<!doctype html><title>Sign in</title>'],
  ['nothing', 'application/json', ''],
  ['an empty object', 'application/json', '{}'],
  ['null', 'application/json', 'null'],
  ['lists of null', 'application/json', '{"connections":[null],"alerts":[null],"replays":[null],"logs":[null]}'],
];
test.each(answers)(
  'an API that answers with %s is a sentence on each page, and no page goes blank',
  async (_name, contentType, body) => {
    const { page, errors } = await openIn(stack.browser);
    await page.locator('.log-row').first().waitFor();
    await page.route('**/api/v1/live-logs/**', (route) =>
      /session/.test(route.request().url()) ? route.continue() : route.fulfill({ contentType, body }),
    );
    for (const name of ['Connections', 'Alerts', 'Replays']) {
      await page.getByRole('link', { name, exact: true }).click();
      await page
        .getByText(/did not come from Tailrace|not of the form this page knows/)
        .first()
        .waitFor();
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }
    await page.getByRole('link', { name: 'Live', exact: true }).click();
    await page
      .getByText(/did not come from Tailrace|not of the form this page knows/)
      .first()
      .waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  },
);

test('an error in one page leaves the others, and offers ways out', async () => {
  const { page } = await openIn(stack.browser, () => {
    // What no check of a shape finds: a name that is a text while it is checked, and none when it is drawn.
    const { parse } = JSON;
    JSON.parse = (text: string) => {
      const value = parse(text);
      for (const each of value?.connections ?? []) {
        const names: unknown[] = [each.connection_name];
        Object.defineProperty(each, 'connection_name', { get: () => names.pop() ?? { not: 'a name' } });
      }
      return value;
    };
  });
  await page.getByRole('link', { name: 'Connections' }).click();
  const failure = page.getByRole('alert').filter({ hasText: 'The page Connections could not be shown.' });
  await failure.waitFor();
  await failure.getByText(/Objects are not valid as a React child|React error/).waitFor();
  for (const name of ['Try again', 'Reload', 'Copy the error', 'Sign out']) {
    await failure.getByRole('button', { name }).waitFor();
  }
  await failure.getByRole('button', { name: 'Copy the error' }).click();
  await failure.getByRole('button', { name: 'Copied' }).or(failure.getByText('Select and copy this')).waitFor();
  await page.getByRole('link', { name: 'Replays' }).click();
  await page.getByRole('heading', { level: 1, name: 'Replays' }).waitFor();
  await page.getByRole('link', { name: 'Connections' }).click();
  await failure.getByRole('link', { name: 'Go to Live' }).click();
  await page.locator('.shell').waitFor();
  await page.getByRole('link', { name: 'Connections' }).click();
  await failure.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Tailrace' }).waitFor();
  await page.context().close();
});

test('a script that does not arrive, or fails while it starts, leaves words and a way to reload', async () => {
  const context = await stack.browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.route('**/assets/*.js', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Sign in</title>' }),
  );
  await page.goto(stack.entrance.url);
  await page.getByText('Tailrace is starting. If this stays').waitFor();
  await page.unroute('**/assets/*.js');
  await page.addInitScript(() => {
    // Nothing of React lives without it.
    Object.defineProperty(window, 'MessageChannel', {
      get() {
        throw new Error('refused while the script starts');
      },
    });
  });
  await page.goto(stack.entrance.url);
  await page.getByRole('alert').filter({ hasText: 'could not start in this browser' }).waitFor();
  await page.getByText('refused while the script starts').waitFor();
  await page.getByRole('button', { name: 'Reload' }).waitFor();
  await context.close();
});
