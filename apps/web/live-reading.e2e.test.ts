import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axeCore from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PageUnderTest } from './e2e/page-under-test.ts';

/** What a loaded machine may take for what is a matter of a moment. */
const soon = { timeout: 60_000 };

let stack: PageUnderTest;
beforeAll(async () => {
  stack = await PageUnderTest.start();
});
afterAll(async () => {
  await stack?.stop();
});

/** Waits for the live stream, so that what is emitted next comes over it. */
async function live(page: Page): Promise<void> {
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
}

/** Lines with one prefix, so that each test sees its own. */
function numbered(prefix: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${prefix} number ${from + index}.`);
}

function rowCount(page: Page): Promise<number> {
  return page.getByRole('grid').evaluate((grid) => Number(grid.getAttribute('aria-rowcount')));
}

/** Opens the live view of lines with a prefix, with so many of them. */
async function openWith(prefix: string, count: number): Promise<Page> {
  const page = await stack.open(`live?q="${prefix} number"`);
  await live(page);
  stack.emit(numbered(prefix, 0, count));
  await expect.poll(() => rowCount(page), soon).toBe(count);
  return page;
}

/** Whether the page follows, and how far the end of the list is out of sight. */
function following(page: Page) {
  return page.evaluate(() => {
    const list = document.querySelector('.log-list');
    if (list === null) throw new Error('there is no list');
    return {
      follows: document.querySelector('.follow')?.textContent === 'Pause',
      below: Math.round(list.scrollHeight - list.scrollTop - list.clientHeight),
    };
  });
}

test('Follow survives a window and a strip that change their size while a slow tab is flooded, 20 times of 20', async () => {
  const page = await openWith('steady', 200);
  const debug = await page.context().newCDPSession(page);
  await debug.send('Emulation.setCPUThrottlingRate', { rate: 6 });
  for (let turn = 1; turn <= 20; turn += 1) {
    stack.emit(numbered('steady', turn * 200, (turn + 1) * 200));
    await page.setViewportSize({ width: 1280 - (turn % 3) * 250, height: 420 + ((turn * 137) % 400) });
    await page.locator('.status-strip').evaluate(
      (strip, height) => {
        strip.style.height = `${height}px`;
      },
      28 + (turn % 4) * 40,
    );
    await expect.poll(() => rowCount(page), soon).toBe((turn + 1) * 200);
    await expect.poll(() => following(page), soon).toEqual({ follows: true, below: 0 });
  }
  await page.context().close();
});

test('Follow ends by a wheel, a finger, a key of the list and the scrollbar', async () => {
  const page = await openWith('ended', 120);
  const list = page.getByRole('grid');
  const endsBy = async (work: () => Promise<unknown>) => {
    await expect.poll(() => following(page), soon).toEqual({ follows: true, below: 0 });
    await work();
    await expect.poll(async () => (await following(page)).follows, soon).toBe(false);
    await page.getByRole('button', { name: 'Follow' }).first().click();
  };
  await list.hover();
  await endsBy(() => page.mouse.wheel(0, -200));
  await list.focus();
  await endsBy(() => list.press('Control+Home'));
  const debug = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...at: number[]) =>
    debug.send('Input.dispatchTouchEvent', { type, touchPoints: at.map((y) => ({ x: 600, y })) });
  await endsBy(async () => {
    await touch('touchStart', 400);
    for (const y of [420, 460, 520]) await touch('touchMove', y);
    await touch('touchEnd');
  });
  // This browser hides its scrollbars, so that a press on one and the scrolling that follows are made by hand.
  await endsBy(() =>
    list.evaluate((element) => {
      element.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, buttons: 1 }));
      element.scrollTop -= 300;
    }),
  );
  await page.context().close();
});

test('Enter opens the line that the keys have come to, also when Pause was pressed before', async () => {
  const page = await openWith('reached', 60);
  await page.getByRole('button', { name: 'Pause' }).click();
  for (const key of ['k', 'k', 'Enter']) await page.keyboard.press(key);
  await page.getByLabel('Line', { exact: true }).waitFor();
  expect((await following(page)).follows).toBe(false);
  await page.context().close();
});

test('selected text is copied as whole lines in columns, and selecting opens nothing', async () => {
  const page = await openWith('selected', 40);
  await page.getByRole('button', { name: 'Pause' }).click();
  const placeOf = async (number: number) => {
    const place = await page.locator('.log-row', { hasText: `selected number ${number}.` }).boundingBox();
    if (place === null) throw new Error('the line is not in sight');
    return { x: place.x + 330, y: place.y + place.height / 2 };
  };
  const drag = async (from: { x: number; y: number }, to: { x: number; y: number }) => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 5 });
    await page.mouse.up();
  };
  const at = await placeOf(35);
  await drag(at, { ...at, x: at.x + 60 });
  expect(await page.getByLabel('Line', { exact: true }).count()).toBe(0);
  // Not from what is selected already: that would be dragged away.
  await drag(await placeOf(31), await placeOf(33));
  expect(await page.getByLabel('Line', { exact: true }).count()).toBe(0);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('Control+c');
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).trimEnd().split('\n');
  expect(lines.map((line) => line.split('\t').slice(2, 4))).toEqual(
    [31, 32, 33].map((number) => ['aws', `selected number ${number}.`]),
  );
  await page.context().close();
});

test('a filter that makes no sense shows no lines of the one before, wherever it is found out', async () => {
  const page = await openWith('refused', 5);
  const filter = page.getByRole('combobox', { name: 'Filter' });
  for (const [written, reason] of [
    ['refused OR', 'at the end (character 11): something to look for is missing here'],
    ['/(/', 'The query, character 1: the expression cannot be read at character 1'],
    ['http.status>=many', 'this is no number, duration or size'],
  ] as const) {
    await filter.fill(written);
    await page.keyboard.press('Enter');
    const alert = page.getByRole('alert').filter({ hasText: reason });
    await alert.waitFor();
    expect(await alert.textContent()).not.toMatch(/querystring|filter\.|body\./);
    await page.getByText('No lines are shown: the filter cannot be read.').waitFor();
    await page.getByText('No lines: the filter is refused').waitFor();
    await page.getByText('Not counted').waitFor();
    expect(await rowCount(page)).toBe(0);
    await filter.fill('"refused number"');
    await page.keyboard.press('Enter');
    await live(page);
    await expect.poll(() => rowCount(page), soon).toBe(5);
  }
  await filter.fill('"refused number" -"number 1." -level:error');
  await page.keyboard.press('Enter');
  await expect.poll(() => rowCount(page), soon).toBe(4);
  await filter.fill('"refused number" -connection:aws');
  await page.keyboard.press('Enter');
  await expect.poll(() => rowCount(page), soon).toBe(0);
  await page.goto(`${stack.entrance.url}/projects/chaos/live?from=-400d`);
  await page.getByText('The beginning of the time must be at most').first().waitFor();
  await page.context().close();
});

test('a link to a line opens at the line, also from the live view, and says when it is not there any more', async () => {
  const page = await openWith('linked', 300);
  await stack.installation.storedAll();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('grid').press('Home');
  await page.locator('.log-row', { hasText: 'linked number 3.' }).click();
  await page.getByRole('tab', { name: 'Context' }).click();
  const current = page.locator('.short-lines [aria-current]');
  await current.filter({ hasText: 'linked number 3.' }).waitFor();
  const [line, content] = [await current.boundingBox(), await page.locator('.line-content').boundingBox()];
  if (line === null || content === null) throw new Error('the line is not drawn');
  expect(line.y).toBeGreaterThan(content.y);
  expect(line.y + line.height).toBeLessThan(content.y + content.height);
  const { search } = new URL(page.url());
  const sameMoment = await stack.open(`live${search}`);
  const opened = sameMoment.locator('.log-row[aria-selected="true"]');
  await opened.filter({ hasText: 'linked number 3.' }).waitFor();
  expect(new URL(sameMoment.url()).searchParams.get('at')).toMatch(/^2\d{3}-/);
  expect(await sameMoment.locator('.line-body').textContent()).toBe('linked number 3.');
  const gone = search.replace(/[0-9a-f]{32}$/, '0'.repeat(32));
  const missing = await stack.open(`live${gone}`);
  await missing.getByText(/This line, of .* is not stored/).waitFor();
  await missing.locator('.log-row', { hasText: 'linked number' }).first().waitFor();
  await Promise.all([page, sameMoment, missing].map((each) => each.context().close()));
});

test('tabs of a line are reached by arrow keys', async () => {
  const page = await openWith('tabbed', 3);
  await page.locator('.log-row', { hasText: 'tabbed number 1.' }).click();
  await page.getByRole('tab', { name: 'Fields' }).focus();
  const selected = () => page.locator('[role="tab"][aria-selected="true"]:focus').textContent();
  for (const [key, name] of [
    ['ArrowRight', 'Context'],
    ['ArrowLeft', 'Fields'],
    ['ArrowLeft', 'Raw'],
    ['Home', 'Fields'],
    ['End', 'Raw'],
  ] as const) {
    await page.keyboard.press(key);
    expect(await selected()).toBe(name);
  }
  await page.context().close();
});

test('what is pressed in the live view is large enough, and its headings begin with one of the first level', async () => {
  const page = await openWith('pressable', 30);
  await page.locator('.log-row', { hasText: 'pressable number 29.' }).click();
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const problems = async () => {
    await page.evaluate(axe);
    return page.evaluate(async () => {
      const { axe } = window as Window & typeof globalThis & { readonly axe: typeof axeCore };
      const rules = ['target-size', 'page-has-heading-one', 'nested-interactive', 'scrollable-region-focusable'];
      const { violations } = await axe.run(document, {
        runOnly: { type: 'rule', values: rules },
        rules: { 'target-size': { enabled: true } },
      });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
    });
  };
  for (const tab of ['Fields', 'Context', 'Record']) {
    await page.getByRole('tab', { name: tab }).click();
    expect(await problems(), tab).toEqual([]);
  }
  await page.locator('.source-summary').click();
  expect(await problems(), 'sources').toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Fields', exact: true }).click();
  await page.locator('.facet-value').first().waitFor();
  expect(await problems(), 'fields beside the list').toEqual([]);
  await page.context().close();
});

test('sixty sources are one line of constant height, spelled out and found on a click', async () => {
  const { installation } = stack;
  const [{ cloud_provider, connection_config }] = (
    (await installation.api('GET', 'connections/chaos')) as {
      connections: [{ cloud_provider: string; connection_config: object }];
    }
  ).connections;
  for (let number = 1; number <= 57; number += 1) {
    await installation.api('POST', 'connections', {
      project_id: 'chaos',
      connection_name: `service ${number}`,
      cloud_provider,
      connection_config: { ...connection_config, secret_access_key: 'unused' },
    });
  }
  for (const [width, height] of [
    [1440, 900],
    [720, 450],
    [390, 844],
  ] as const) {
    const page = await stack.open('live', { width, height });
    const summary = page.locator('.source-summary');
    await summary.filter({ hasText: '57 stopped' }).waitFor();
    expect((await page.locator('.status-strip').boundingBox())?.height).toBe(28);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await summary.click();
    await page.getByLabel('Search sources').fill('ice 42');
    expect(await page.locator('.source-panel .source-name').allTextContents()).toEqual(['service 42']);
    const panel = await page.locator('.source-panel').boundingBox();
    expect(panel && panel.x >= 0 && panel.x + panel.width <= width && panel.y >= 0).toBe(true);
    await page.context().close();
  }
});

test('no page threw anything, nor broke the content security policy', () => {
  expect(stack.errors).toEqual([]);
});
