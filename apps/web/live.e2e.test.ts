import { readFileSync } from 'node:fs';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { project } from '../../scripts/chaos/installation.ts';
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

/** The bodies on the screen, from top to bottom. */
function bodies(page: Page): Promise<string[]> {
  return page.locator('.log-row .log-body > bdi:not(.log-attributes)').allTextContents();
}

function rowCount(page: Page): Promise<number> {
  return page.getByRole('grid').evaluate((grid) => Number(grid.getAttribute('aria-rowcount')));
}

/** Lines with one prefix, so that each test sees its own. */
function numbered(prefix: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${prefix} number ${from + index}.`);
}

test('the live page shows lines as they come, as text, whatever is in them', async () => {
  const page = await stack.open('live?q=hostile');
  await live(page);
  const hostile = [
    'hostile <img src=x onerror="document.title=1"><script>document.title=2</script>',
    'hostile \u001b[31mred\u001b[0m \u202eturned\u2066',
    'hostile "><svg/onload=document.title=3> {{document.title=4}} javascript:alert(1)',
  ];
  stack.emit(hostile);
  await expect.poll(() => rowCount(page), soon).toBe(3);
  const shown = (await bodies(page)).sort();
  expect(shown).toEqual([hostile[2], hostile[0], 'hostile ␛[31mred␛[0m \\u202eturned\\u2066'].sort());
  await page.locator('.log-row', { hasText: '<script>' }).click();
  await page.getByLabel('Line', { exact: true }).getByText('<script>').waitFor();
  for (const tab of ['Context', 'Record']) await page.getByRole('tab', { name: tab }).click();
  await page.getByText('logs.raw.aws').first().waitFor();
  await page.getByRole('tab', { name: 'Raw' }).click();
  await page.locator('.line-json', { hasText: '"eventId"' }).filter({ hasText: '<script>' }).waitFor();
  expect(await page.title()).toBe('Tailrace');
  expect(await page.locator('main img, main script').count()).toBe(0);
  await page.context().close();
});

test('the live page misses nothing and doubles nothing when fanout is killed while it follows, and says what happens', async () => {
  const page = await stack.open('live?q="killed number"', { height: 6000 });
  await live(page);
  const [fanout] = stack.installation.of('fanout');
  const expected = numbered('killed', 0, 200);
  stack.emit(expected.slice(0, 60));
  await expect.poll(() => rowCount(page), soon).toBeGreaterThan(10);
  await fanout?.kill9();
  await page.getByText('Disconnected, nothing is lost').waitFor();
  stack.emit(expected.slice(60, 140));
  fanout?.start();
  stack.emit(expected.slice(140));
  await live(page);
  await expect.poll(async () => (await bodies(page)).sort(), soon).toEqual([...expected].sort());
  await page.context().close();
});

test('the live page fills what neither the database has yet nor the live stream gives any more', async () => {
  const { installation } = stack;
  const [sink] = installation.of('sink');
  const taken = new Set([...installation.connections.values()].map((id) => partitionFor(id, topics.logs.partitions)));
  const partition = Array.from({ length: topics.logs.partitions }, (_, index) => index).find(
    (each) => !taken.has(each),
  );
  if (partition === undefined) throw new Error('there is no partition without a connection');
  const kafka = await openKafka({
    brokers: installation.kafka.brokers.split(','),
    topicPrefix: '',
    logger: createLogger({ level: 'warn' }),
  });
  sink?.pause();
  try {
    // Older, by arrival, than the live stream begins.
    const arrived = Date.now() - 120_000;
    const producer = await kafka.producer();
    await producer.send(
      numbered('behind', 0, 30).map((body, index) => ({
        topic: topics.logs.name,
        partition,
        key: null,
        value: topics.logs.codec.encode(
          testRecord(index, { project_id: project, body, timestamp: arrived * 1000 + index }),
        ),
        headers: { project },
        timestamp: arrived,
      })),
    );
    const page = await stack.open('live?q="behind number"');
    await expect.poll(() => rowCount(page), soon).toBe(30);
    expect((await bodies(page)).at(-1)).toBe('behind number 29.');
    expect(await page.locator('.gap-row').count()).toBe(0);
    await page.context().close();
  } finally {
    sink?.continue();
    await kafka.close();
  }
});

test('the live page stays where one looks while lines come, and follows again', async () => {
  const page = await stack.open('live?q="still number"');
  await live(page);
  stack.emit(numbered('still', 0, 120));
  await expect.poll(() => rowCount(page), soon).toBe(120);
  await page.getByRole('grid').hover();
  await page.mouse.wheel(0, -600);
  await page.getByRole('button', { name: 'Follow' }).first().waitFor();
  const top = () =>
    page.evaluate(() => {
      const edge = document.querySelector('.log-list')?.getBoundingClientRect().top ?? 0;
      const rows = [...document.querySelectorAll('.log-row')];
      return rows.find((row) => row.getBoundingClientRect().bottom > edge + 1)?.textContent;
    });
  const before = await top();
  stack.emit(numbered('still', 120, 150));
  await page.getByRole('button', { name: '30 new' }).waitFor();
  expect(await top()).toBe(before);
  await page.keyboard.press(' ');
  await expect.poll(async () => (await bodies(page)).at(-1), soon).toContain('still number 1');
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(1);
  await page.context().close();
});

test('the live page opens the line that was pressed, whatever comes before it is let go', async () => {
  const page = await stack.open('live?q="pressed number"');
  await live(page);
  stack.emit(numbered('pressed', 0, 60));
  await expect.poll(() => rowCount(page), soon).toBe(60);
  const place = await page.locator('.log-row', { hasText: 'pressed number 50.' }).boundingBox();
  if (place === null) throw new Error('the line is not in sight');
  await page.mouse.move(place.x + 300, place.y + place.height / 2);
  await page.mouse.down();
  stack.emit(numbered('pressed', 60, 120));
  await page.getByRole('button', { name: '60 new' }).waitFor();
  await page.mouse.up();
  await page.getByLabel('Line', { exact: true }).getByText('pressed number 50.').first().waitFor();
  await page.context().close();
});

test('the live page opens the line that was pressed, also when older lines are put before it meanwhile', async () => {
  const began = new Date(Date.now() - 60_000).toISOString();
  stack.emit(numbered('older', 0, 700));
  const { installation } = stack;
  const isStored = async () => (await installation.storedIds()).length >= installation.expectedIds().size;
  await expect.poll(isStored, soon).toBe(true);
  const page = await stack.open('connections');
  const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await page.route(/\/stream\/[^/]+\?.*before=/, async (route) => {
    asked.resolve();
    await held.promise;
    await route.continue();
  });
  const range = new URLSearchParams({
    q: '"older number"',
    from: began,
    to: new Date(Date.now() + 60_000).toISOString(),
  });
  await page.goto(`${stack.entrance.url}/projects/${project}/live?${range}`);
  await page.locator('.log-row').first().waitFor();
  await page.keyboard.press('Home');
  await asked.promise;
  const row = page.locator('.log-row').nth(4);
  const text = (await row.locator('bdi').first().textContent()) ?? '';
  expect(text).toMatch(/^older number \d+\.$/);
  const before = await rowCount(page);
  const box = await row.boundingBox();
  await page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + (box?.height ?? 0) / 2);
  await page.mouse.down();
  held.resolve();
  await expect.poll(() => rowCount(page), soon).toBeGreaterThan(before);
  await page.mouse.up();
  await page.getByLabel('Line', { exact: true }).getByText(text).first().waitFor();
  await page.context().close();
});

test('the live page shows a slow tab what it missed, at its place, and loads it', async () => {
  const page = await stack.open('live?q=flood');
  await live(page);
  const total = 30_000;
  const filling = 'x'.repeat(900);
  const stored = async () => (await stack.installation.storedIds()).length;
  const before = await stored();
  // Nothing of the page runs from here on, until all lines are there.
  const debug = await page.context().newCDPSession(page);
  const stopped = new Promise((resolve) => debug.once('Debugger.paused', resolve));
  await debug.send('Debugger.enable');
  await debug.send('Debugger.pause');
  for (let from = 0; from < total; from += 3000) {
    stack.emit(numbered('flood', from, from + 3000).map((text) => `${text} ${filling}`));
  }
  await stopped;
  await expect.poll(stored, { timeout: 90_000, interval: 500 }).toBe(before + total);
  await debug.send('Debugger.resume');
  await debug.detach();

  const load = page.getByRole('button', { name: 'Load them' });
  const where = page.getByRole('button', { name: 'show where' });
  await where.waitFor({ timeout: 60_000 });
  const loadedAll = async () => {
    // More may be left out while the page catches up, and the list draws only what is in sight.
    if (await where.isVisible()) {
      await where.click();
      await load.first().click();
      await page.getByRole('button', { name: 'Loading…' }).waitFor({ state: 'detached', timeout: 60_000 });
    }
    return { gaps: await where.count(), rows: await rowCount(page) };
  };
  await expect.poll(loadedAll, { timeout: 120_000, interval: 500 }).toEqual({ gaps: 0, rows: total });
  await page.context().close();
});

test('a filter runs on the server, stands in the address, and grows by clicks on fields', async () => {
  const page = await stack.open('live');
  await live(page);
  stack.emit([
    JSON.stringify({ level: 'error', msg: 'fields one', service: 'cart' }),
    JSON.stringify({ level: 'info', msg: 'fields two', service: 'cart' }),
    JSON.stringify({ level: 'error', msg: 'fields three', service: 'search' }),
  ]);
  await page.locator('.log-row', { hasText: 'fields three' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('/fields (one|two|three)/');
  await page.keyboard.press('Enter');
  await expect.poll(() => rowCount(page), soon).toBe(3);
  await page.getByLabel('Severity', { exact: true }).selectOption('error');
  await expect.poll(() => rowCount(page), soon).toBe(2);
  await page.locator('.log-row', { hasText: 'fields one' }).click();
  await page.getByRole('button', { name: 'Only lines with this service.name' }).click();
  await expect.poll(() => bodies(page), soon).toEqual(['fields one']);
  const address = new URL(page.url());
  expect(address.searchParams.get('q')).toBe('/fields (one|two|three)/ level:error service.name:cart');
  // Somebody else opens the same address, and sees the same, the open line too.
  const other = await stack.open(`live${address.search}`);
  await expect.poll(() => bodies(other), soon).toEqual(['fields one']);
  await other.getByLabel('Line', { exact: true }).getByText('cart').first().waitFor();
  await page.getByRole('combobox', { name: 'Filter' }).fill('/(/');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'The expression cannot be read at character 1' }).waitFor();
  await Promise.all([page.context().close(), other.context().close()]);
});

test('the fields beside the list filter it and stack the histogram, and what is stored completes the filter', async () => {
  const page = await stack.open('live?q="facet number"');
  await live(page);
  stack.emit(
    Array.from({ length: 12 }, (_, index) =>
      JSON.stringify({ level: 'info', msg: `facet number ${index}`, zone: index < 8 ? 'north' : `south-${index % 2}` }),
    ),
  );
  await expect.poll(() => rowCount(page), soon).toBe(12);
  // The sink has stored them when they are counted.
  const plot = page.locator('.histogram-plot');
  await expect.poll(() => plot.getAttribute('aria-label'), soon).toMatch(/^12 lines/);
  const toggle = page.getByRole('button', { name: 'Fields', exact: true });
  expect(await toggle.getAttribute('aria-expanded')).toBe('false');
  await toggle.press('Enter');
  const panel = page.getByRole('complementary', { name: 'Fields' });
  await panel.getByText('Of all 12 lines').waitFor();
  // By the keyboard, like any button.
  const north = panel.getByRole('button', { name: 'Only zone north, 8 lines' });
  await north.press('Enter');
  await expect.poll(() => rowCount(page), soon).toBe(8);
  expect(new URL(page.url()).searchParams.get('q')).toBe('"facet number" zone:north');
  await panel.getByRole('button', { name: 'Only zone north, 8 lines', pressed: true }).click({ modifiers: ['Alt'] });
  await expect.poll(() => rowCount(page), soon).toBe(4);
  expect(new URL(page.url()).searchParams.get('q')).toBe('"facet number" -zone:north');
  await panel.getByRole('button', { name: 'Without zone north', pressed: true }).click();
  await expect.poll(() => rowCount(page), soon).toBe(12);

  await panel.getByRole('button', { name: 'Group by zone' }).click();
  const legend = page.getByRole('list', { name: 'Values of zone' }).first();
  await expect
    .poll(() => legend.getByRole('button').allTextContents(), soon)
    .toEqual(['north8', 'south-02', 'south-12']);
  expect(await plot.getAttribute('aria-label')).toBe('12 lines, 3 values of zone');
  expect(new URL(page.url()).searchParams.get('by')).toBe('zone');
  await legend.getByRole('button', { name: 'south-1' }).click();
  await expect.poll(() => rowCount(page), soon).toBe(2);

  // Another page has seen no line with a zone.
  const other = await stack.open('live?q="nothing like this"');
  await other.getByRole('combobox', { name: 'Filter' }).fill('zone:sou');
  const offers = other.getByRole('listbox', { name: 'What could come next' }).getByRole('option');
  await expect.poll(() => offers.allTextContents(), soon).toEqual(['zone:south-0', 'zone:south-1']);
  await Promise.all([page.context().close(), other.context().close()]);
});

test('the live page goes back in time by a drag over the histogram, and to the present again', async () => {
  const page = await stack.open('live');
  await live(page);
  stack.emit(numbered('travel', 0, 10));
  await page.locator('.log-row', { hasText: 'travel number 9' }).waitFor();
  await expect
    .poll(() => page.locator('.histogram-plot').getAttribute('aria-label'), soon)
    .toMatch(/^[1-9][\d,]* lines/);
  const plot = await page.locator('.u-over').boundingBox();
  if (plot === null) throw new Error('there is no histogram');
  await page.mouse.move(plot.x + plot.width * 0.5, plot.y + 20);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width - 1, plot.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.getByText('Past', { exact: true }).waitFor();
  expect(page.url()).toMatch(/from=2\d{3}.*&to=2\d{3}/);
  await expect.poll(() => rowCount(page), soon).toBeGreaterThan(0);
  stack.emit(['travel back']);
  await page.getByRole('button', { name: 'Back to live' }).click();
  await page.locator('.log-row', { hasText: 'travel back' }).waitFor();
  // A moment, and from there on to what comes now.
  const at = new Date(Date.now() - 1000).toISOString();
  await page.goto(`${stack.entrance.url}/projects/${project}/live?q=travel&at=${at}`);
  await live(page);
  stack.emit(['travel on']);
  await page.locator('.log-row', { hasText: 'travel on' }).waitFor();
  await expect.poll(() => rowCount(page), soon).toBe(12);
  await page.context().close();
});

test('the live page saves what is in view, and moves by the keyboard', async () => {
  const page = await stack.open('live?q="saved number"');
  await live(page);
  stack.emit([...numbered('saved', 0, 3), '=saved number 3.']);
  await expect.poll(() => rowCount(page), soon).toBe(4);
  await page.getByRole('button', { name: 'Download' }).click();
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /CSV/ }).click()]);
  const csv = readFileSync(await saved.path(), 'utf8');
  expect(csv.trimEnd().split('\r\n')).toHaveLength(5);
  expect(csv).toContain(",'=saved number 3.,");
  await page.keyboard.press('Escape');
  await page.locator('body').click({ position: { x: 5, y: 5 } });
  for (const key of ['g', 'j', 'Enter']) await page.keyboard.press(key);
  await page.getByLabel('Line', { exact: true }).waitFor();
  expect(new URL(page.url()).searchParams.get('line')).toMatch(/~[0-9a-f]{32}$/);
  await page.keyboard.press('Escape');
  await page.getByLabel('Line', { exact: true }).waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keys and filters' }).waitFor();
  await page.context().close();
});

test('no page threw anything, nor broke the content security policy', () => {
  expect(stack.errors).toEqual([]);
});
