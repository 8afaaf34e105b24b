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
  const copied = () =>
    page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('copy', (event) => resolve(event.clipboardData?.getData('text/plain') ?? ''), {
            once: true,
          });
          document.execCommand('copy');
        }),
    );
  const at = await placeOf(35);
  await drag(at, { ...at, x: at.x + 60 });
  expect(await page.getByLabel('Line', { exact: true }).count()).toBe(0);
  await drag(await placeOf(35), await placeOf(37));
  expect(await page.getByLabel('Line', { exact: true }).count()).toBe(0);
  const lines = (await copied()).trimEnd().split('\n');
  expect(lines.map((line) => line.split('\t').slice(2, 4))).toEqual(
    [35, 36, 37].map((number) => ['aws', `selected number ${number}.`]),
  );
  await page.context().close();
});

test('no page threw anything, nor broke the content security policy', () => {
  expect(stack.errors).toEqual([]);
});
