import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { project } from '../../../scripts/chaos/installation.ts';
import { PageUnderTest } from './page-under-test.ts';

let stack: PageUnderTest;
beforeAll(async () => {
  stack = await PageUnderTest.start({}, 'shared');
});
afterAll(() => stack?.stop());

const at = (path: string) => `${stack.entrance.url}/projects/${project}/${path}`;

async function openTab(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(address);
  return page;
}

async function signIn(browser: Browser, token: string, path = 'live'): Promise<Page> {
  const page = await openTab(await browser.newContext(), `${at(path)}#token=${token}`);
  await page.locator('.shell').waitFor();
  return page;
}

/** The page that a click opens. A click is lost when the list moves under it while its first answers come. */
async function opened(context: BrowserContext, click: () => Promise<void>): Promise<Page> {
  for (let tries = 1; ; tries += 1) {
    const [page] = await Promise.all([
      context.waitForEvent('page', { timeout: 10_000 }).catch((error: unknown) => {
        if (tries === 3) throw error;
      }),
      click(),
    ]);
    if (page) return page;
    console.log(`click ${tries} opened nothing`);
  }
}

test('a new tab, a deep link and a Ctrl-click are signed in; signing out ends all tabs', async () => {
  const first = await signIn(stack.browser, await stack.installation.token());
  const context = first.context();
  const [cookie] = await context.cookies(`${stack.entrance.url}/api/v1/live-logs/`);
  expect(cookie).toMatchObject({
    name: expect.stringMatching(/^tailrace_session_[0-9a-f]{8}$/),
    httpOnly: true,
    sameSite: 'Strict',
    secure: false,
  });
  expect(await first.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length])).toEqual(['', 0, 0]);

  const blank = await openTab(context, stack.entrance.url);
  await blank.waitForURL(at('live'));
  const deep = await openTab(context, at('connections'));
  await deep.locator('.connection').first().waitFor();
  const clicked = await opened(context, () =>
    deep
      .locator('.connection-name')
      .first()
      .click({ modifiers: ['ControlOrMeta'] }),
  );
  await clicked.getByRole('heading', { name: 'Configuration' }).waitFor();

  await deep.getByRole('button', { name: /Signed in as/ }).click();
  await deep.getByRole('button', { name: 'Sign out' }).click();
  for (const page of [first, blank, deep, clicked]) {
    await page.getByRole('heading', { name: 'Sign in to Tailrace' }).waitFor();
  }
  expect(await context.cookies()).toEqual([]);
  await (await openTab(context, at('alerts'))).getByRole('heading', { name: 'Sign in to Tailrace' }).waitFor();
  await context.close();
});

test('a link with somebody else’s token asks before it takes a session’s place', async () => {
  const page = await signIn(stack.browser, await stack.installation.token());
  const other = await stack.installation.token('viewer', { subject: 'somebody else' });
  const link = await openTab(page.context(), `${at('live')}#token=${other}`);
  const dialog = link.getByRole('dialog', { name: 'Sign in as somebody else?' });
  await dialog.waitFor();
  expect(link.url()).not.toContain('token');
  await link.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'Stay signed in as chaos' }).click();
  await link.getByRole('button', { name: 'Signed in as chaos' }).waitFor();
  const again = await openTab(page.context(), `${at('live')}#token=${other}`);
  await again.getByRole('button', { name: 'Sign in as somebody else' }).click();
  await again.getByRole('button', { name: 'Signed in as somebody else' }).waitFor();
  // The session is one for all tabs, and each says whose it is.
  await page.getByRole('button', { name: 'Signed in as somebody else' }).waitFor();
  await page.context().close();
});

test('a session is renewed while the page is used', async () => {
  // What a session lasts without being renewed: as long as its token.
  const end = Date.now() / 1000 + 40;
  const page = await signIn(stack.browser, await stack.installation.token('admin', { expiresInSeconds: 40 }));
  const expires = async () => (await page.context().cookies(`${stack.entrance.url}/api/v1/live-logs/`))[0]?.expires;
  await expect.poll(expires, { timeout: 90_000 }).toBeGreaterThan(end + 5);
  expect(await page.getByText('Your session ends').count()).toBe(0);
  await page.context().close();
});

test('a session that is not renewed warns, ends over what is shown, and goes on there after signing in again', async () => {
  const page = await signIn(stack.browser, await stack.installation.token('admin', { expiresInSeconds: 40 }));
  await page.route('**/session/renew', (route) => route.abort());
  stack.emit(['before the end']);
  const before = page.locator('.log-row', { hasText: 'before the end' }).first();
  await before.waitFor();
  await page.getByText(/Your session ends at/).waitFor();
  // The warning takes a line of its own, and leaves the page the rest.
  expect((await page.getByText(/Your session ends at/).boundingBox())?.height).toBeLessThan(60);
  expect((await page.locator('.log-list').boundingBox())?.height).toBeGreaterThan(300);
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.waitFor();
  expect(await before.count()).toBe(1);
  // It is no question that Escape answers.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await dialog.waitFor();
  stack.emit(['while it had ended']);
  await dialog.getByLabel('Access token').fill('nonsense');
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.getByText('This is not a token').waitFor();
  await dialog.getByLabel('Access token').fill(await stack.installation.token());
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.log-row', { hasText: 'while it had ended' }).first().waitFor();
  expect(await page.locator('.log-row', { hasText: 'before the end' }).count()).toBe(1);
  expect(await page.locator('.log-row', { hasText: 'while it had ended' }).count()).toBe(1);
  await page.context().close();
});

test('a page of another origin changes nothing and reads nothing with the cookie', async () => {
  const page = await signIn(stack.browser, await stack.installation.token(), 'alerts/rules');
  // Another port of the same host: the same site, so that SameSite=Strict does not keep the cookie back.
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<p>evil</p>'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const evil = await openTab(page.context(), `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const api = `${stack.entrance.url}/api/v1/live-logs`;
    const results = await evil.evaluate(
      async ({ api, project }) => {
        const outcome = (promise: Promise<Response>) =>
          promise.then(
            async (answer) => `${answer.type} ${await answer.text()}`,
            (error) => `failed ${error}`,
          );
        return {
          post: await outcome(
            fetch(`${api}/session/renew`, { method: 'POST', mode: 'no-cors', credentials: 'include' }),
          ),
          read: await outcome(fetch(`${api}/connections/${project}`, { credentials: 'include' })),
          socket: await new Promise((resolve) => {
            const socket = new WebSocket(`${api.replace('http', 'ws')}/ws/${project}`, 'tailrace.v1');
            socket.onmessage = () => resolve('read');
            socket.onclose = () => resolve('refused');
          }),
        };
      },
      { api, project },
    );
    expect(results).toEqual({
      post: expect.stringMatching(/^failed/),
      read: expect.stringMatching(/^failed/),
      socket: 'refused',
    });
    const submitted = evil.waitForResponse((response) => response.url().endsWith('/session/renew'));
    await evil.evaluate((address) => {
      const form = document.createElement('form');
      form.method = 'post';
      form.action = address;
      document.body.append(form);
      form.submit();
    }, `${api}/session/renew`);
    const answer = await submitted;
    expect(answer.status()).toBe(403);
    // It was the origin that was refused, not a missing cookie.
    expect((await answer.request().allHeaders()).cookie).toContain('tailrace_session_');
    // The page itself does all of it.
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByLabel(/^Name/).fill('By the page itself');
    await page.getByRole('button', { name: 'Add the rule' }).click();
    await page.getByRole('link', { name: 'By the page itself' }).waitFor();
  } finally {
    server.close();
    await page.context().close();
  }
});

test('a browser that keeps no cookie is signed in for the one tab, and says so', async () => {
  const context = await stack.browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  // Asked from outside of the browser, whose jar would take the cookie.
  await page.route('**/api/v1/live-logs/session', async (route) => {
    const request = route.request();
    const headers = await request.allHeaders();
    const response = await fetch(request.url(), { method: request.method(), headers });
    await route.fulfill({ status: response.status, contentType: 'application/json', body: await response.text() });
  });
  await page.goto(`${at('connections')}#token=${await stack.installation.token()}`);
  await page.locator('.connection').first().waitFor();
  await page.getByRole('button', { name: /Signed in as/ }).click();
  await page.getByText('in this tab only').waitFor();
  stack.emit(['without a cookie']);
  await page.getByRole('link', { name: 'Live', exact: true }).click();
  await page.locator('.log-row', { hasText: 'without a cookie' }).first().waitFor();
  await context.close();
});
