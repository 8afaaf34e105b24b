import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { PageUnderTest } from '../apps/web/e2e/page-under-test.ts';
import { project } from './chaos/installation.ts';

/**
 * The live page in a real browser, with broker, database, roles and producer sharing this machine's cores:
 *
 * 1. size of the script and the style as they are sent, and first paint of the live view on loopback.
 * 2. frame times and heap while RATE lines a second arrive and 100,000 are kept: following, and scrolling through them.
 *
 * Environment: RATE (2000), SECONDS (10), of each of the two.
 */
const rate = Number(process.env.RATE ?? 2000);
const seconds = Number(process.env.SECONDS ?? 10);
const kept = 100_000;
type Page = Awaited<ReturnType<PageUnderTest['open']>>;
/** Appended so far. */
let events = 0;
const print = (name: string, value: object) => console.log(JSON.stringify({ bench: 'web', name, ...value }));

const assets = join(import.meta.dirname, '..', 'apps', 'web', 'dist', 'assets');
const stack = await PageUnderTest.start();
const kafka = await openKafka({
  brokers: stack.installation.kafka.brokers.split(','),
  topicPrefix: '',
  logger: createLogger({ level: 'warn' }),
});
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
  await produce(kept, 6000);
  const deadline = Date.now() + 60_000;
  for (let shown = 0; shown < kept; shown = await rows(page)) {
    if (Date.now() > deadline) throw new Error(`only ${shown} lines are shown`);
    await delay(200);
  }
  const [following] = await Promise.all([frames(page, 'follow'), produce(rate * seconds, rate)]);
  print('following', { linesPerSecond: rate, kept: await rows(page), ...following });
  const [scrolling] = await Promise.all([frames(page, 'scroll'), produce(rate * seconds, rate)]);
  print('scrolling', { linesPerSecond: rate, kept: await rows(page), ...scrolling });
} finally {
  await kafka.close();
  await stack.stop();
}

function rows(page: Page): Promise<number> {
  return page.getByRole('grid').evaluate((grid) => Number(grid.getAttribute('aria-rowcount')));
}

function firstPaint(page: Page): Promise<number> {
  return page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN);
}

/** Frame times while the page follows, or while it is scrolled through from end to end and back. */
async function frames(page: Page, what: 'follow' | 'scroll') {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const before = await busySeconds();
  const times = await page.evaluate(
    ({ forMs, scroll }) =>
      new Promise<number[]>((resolve) => {
        const list = document.querySelector('.log-list');
        const found: number[] = [];
        const started = performance.now();
        let last = started;
        const step = (now: number) => {
          found.push(now - last);
          last = now;
          const phase = ((now - started) / forMs) * 2 * Math.PI;
          if (scroll && list)
            list.scrollTop = ((1 + Math.cos(phase)) / 2) * (list.scrollHeight - list.clientHeight - 50);
          if (now - started < forMs) requestAnimationFrame(step);
          else resolve(found.slice(1));
        };
        requestAnimationFrame(step);
      }),
    { forMs: seconds * 1000, scroll: what === 'scroll' },
  );
  const after = await busySeconds();
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize } = await client.send('Runtime.getHeapUsage');
  async function busySeconds(): Promise<Record<string, number>> {
    const { metrics } = await client.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map((each) => [each.name, each.value]));
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => Number((sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1));
  return {
    framesPerSecond: Number((times.length / (times.reduce((sum, time) => sum + time, 0) / 1000)).toFixed(1)),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    scriptMsAFrame: Number(
      ((((after.ScriptDuration ?? 0) - (before.ScriptDuration ?? 0)) * 1000) / times.length).toFixed(1),
    ),
    layoutMsAFrame: Number(
      (
        (((after.LayoutDuration ?? 0) +
          (after.RecalcStyleDuration ?? 0) -
          (before.LayoutDuration ?? 0) -
          (before.RecalcStyleDuration ?? 0)) *
          1000) /
        times.length
      ).toFixed(1),
    ),
    taskMsAFrame: Number(((((after.TaskDuration ?? 0) - (before.TaskDuration ?? 0)) * 1000) / times.length).toFixed(1)),
    heapMegabytes: Math.round(usedSize / 1e6),
  };
}

/** Appends canonical records to `logs` at a steady rate. */
async function produce(count: number, perSecond: number): Promise<void> {
  const producer = await kafka.producer();
  const started = performance.now();
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - started) / 1000) * perSecond));
    const records = Array.from({ length: due - sent }, (_, index) => {
      const connection = `conn_${(sent + index) % 24}`;
      return {
        topic: topics.logs.name,
        partition: partitionFor(connection, topics.logs.partitions),
        key: Buffer.from(connection),
        value: topics.logs.codec.encode(normalise(rawEvent(connection), { partition: 0, offset: sent + index })),
        headers: { project, connection },
      };
    });
    if (records.length > 0) await producer.send(records);
    sent = due;
    await delay(20);
  }
  await producer.close();
}

function rawEvent(connection: string): RawEvent {
  events += 1;
  const micros = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  const level = events % 10 === 0 ? 'error' : 'info';
  const message = JSON.stringify({
    level,
    msg: `order ${events} accepted`,
    service: 'checkout',
    user_id: events,
    region: 'eu-central-1',
  });
  return {
    connection_id: connection,
    project_id: project,
    provider: 'aws',
    event_id: `event-${events}`,
    timestamp: micros,
    timestamp_nanos: 0,
    observed_timestamp: micros,
    ingest_timestamp: micros,
    source: { log_group: '/ecs/checkout', region: 'eu-central-1' },
    stream: 'checkout/api/1',
    payload: JSON.stringify({
      logStreamName: 'checkout/api/1',
      timestamp: Math.floor(micros / 1000),
      message,
      ingestionTime: Math.floor(micros / 1000),
      eventId: `event-${events}`,
    }),
    rewind_id: null,
  };
}
