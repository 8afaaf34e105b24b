import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { PageUnderTest } from '../apps/web/e2e/page-under-test.ts';
import { frameTimes, type Motion } from './bench-web/frame-times.ts';
import { LineLoad } from './bench-web/line-load.ts';
import { countProcessors } from './bench-web/processor-share.ts';
import { project } from './chaos/installation.ts';

/**
 * The live page in a real browser that draws without a graphics card, with broker, database, roles and generator sharing
 * this machine's cores:
 *
 * 1. size of the script and the style as they are sent, and first paint of the live view on loopback.
 * 2. frame times and heap while RATE lines a second arrive and 100,000 are kept: following, and scrolling through them,
 *    beside an empty page of the same browser under the same load, which is the limit of the machine.
 *
 * Environment: RATE (2000), SECONDS (10), of each.
 */
const rate = Number(process.env.RATE ?? 2000);
const seconds = Number(process.env.SECONDS ?? 10);
const kept = 100_000;
type Page = Awaited<ReturnType<PageUnderTest['open']>>;
const print = (name: string, value: object) => console.log(JSON.stringify({ bench: 'web', name, ...value }));

const assets = join(import.meta.dirname, '..', 'apps', 'web', 'dist', 'assets');
const stack = await PageUnderTest.start();
const kafka = await openKafka({
  brokers: stack.installation.kafka.brokers.split(','),
  topicPrefix: '',
  logger: createLogger({ level: 'warn' }),
});
const load = new LineLoad(kafka, project);
try {
  const compressed = (suffix: string) =>
    readdirSync(assets)
      .filter((name) => name.endsWith(suffix))
      .reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name)), { level: 9 }).length, 0);
  print('size, compressed', { scriptBytes: compressed('.js'), styleBytes: compressed('.css') });

  const paints: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const page = await stack.open('live');
    // Measured on a load that is signed in already, as any but the first of a tab.
    await page.reload();
    await page.locator('.filter-bar').waitFor();
    paints.push(await firstPaint(page));
    await page.context().close();
  }
  print('first paint', {
    medianMs: Math.round(paints.sort((a, b) => a - b)[2] ?? 0),
    worstMs: Math.round(paints.at(-1) ?? 0),
  });

  const page = await stack.open('live?q=order');
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
  await load.send(kept, 6000);
  const deadline = Date.now() + 60_000;
  for (let shown = 0; shown < kept; shown = await rows(page)) {
    if (Date.now() > deadline) throw new Error(`only ${shown} lines are shown`);
    await delay(200);
  }
  const following = await underLoad(page, 'still');
  print('following', { kept: await rows(page), ...following });
  const scrolling = await underLoad(page, 'scroll');
  print('scrolling', { kept: await rows(page), ...scrolling });
  await page.context().close();

  const empty = await (await stack.browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  const limit = await underLoad(empty, 'still');
  print('empty page', limit);
  print('of the empty page', {
    following: Number((following.framesPerSecond / limit.framesPerSecond).toFixed(2)),
    scrolling: Number((scrolling.framesPerSecond / limit.framesPerSecond).toFixed(2)),
  });
} finally {
  await kafka.close();
  await stack.stop();
}

async function underLoad(page: Page, motion: Motion) {
  const processors = countProcessors();
  const [times] = await Promise.all([frameTimes(page, motion, seconds), load.send(rate * seconds, rate)]);
  return { linesPerSecond: rate, ...times, cores: cpus().length, ...processors() };
}

function rows(page: Page): Promise<number> {
  return page.getByRole('grid').evaluate((grid) => Number(grid.getAttribute('aria-rowcount')));
}

/** Milliseconds after the navigation began. The browser may report it a little after what it painted can be found. */
function firstPaint(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const observer = new PerformanceObserver((list) => {
          for (const { startTime } of list.getEntriesByName('first-contentful-paint')) resolve(startTime);
        });
        observer.observe({ type: 'paint', buffered: true });
      }),
  );
}
