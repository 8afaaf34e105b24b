import type { PageUnderTest } from '../../apps/web/e2e/page-under-test.ts';

type Page = Awaited<ReturnType<PageUnderTest['open']>>;

/** What the page does while its frames are timed: nothing, or being scrolled from end to end and back. */
export type Motion = 'still' | 'scroll';

/** Times every frame of a page, and what its main thread spends on one. */
export async function frameTimes(page: Page, motion: Motion, seconds: number) {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const metrics = async (): Promise<Record<string, number>> => {
    const answer = await client.send('Performance.getMetrics');
    return Object.fromEntries(answer.metrics.map((each) => [each.name, each.value]));
  };
  const before = await metrics();
  const times = await page.evaluate(timeFrames, { forMs: seconds * 1000, scroll: motion === 'scroll' });
  const after = await metrics();
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize } = await client.send('Runtime.getHeapUsage');
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => rounded(sorted[Math.floor(sorted.length * part)] ?? 0);
  const aFrame = (...names: readonly string[]) =>
    rounded(names.reduce((sum, name) => sum + (after[name] ?? 0) - (before[name] ?? 0), 0) * (1000 / times.length));
  return {
    framesPerSecond: rounded(times.length / (times.reduce((sum, time) => sum + time, 0) / 1000)),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    scriptMsAFrame: aFrame('ScriptDuration'),
    layoutMsAFrame: aFrame('LayoutDuration', 'RecalcStyleDuration'),
    taskMsAFrame: aFrame('TaskDuration'),
    heapMegabytes: Math.round(usedSize / 1e6),
  };
}

/** Runs in the page. */
function timeFrames({ forMs, scroll }: { readonly forMs: number; readonly scroll: boolean }): Promise<number[]> {
  return new Promise((resolve) => {
    const list = document.querySelector('.log-list');
    const found: number[] = [];
    const started = performance.now();
    let last = started;
    const step = (now: number) => {
      found.push(now - last);
      last = now;
      const phase = ((now - started) / forMs) * 2 * Math.PI;
      if (scroll && list) list.scrollTop = ((1 + Math.cos(phase)) / 2) * (list.scrollHeight - list.clientHeight - 50);
      if (now - started < forMs) requestAnimationFrame(step);
      else resolve(found.slice(1));
    };
    requestAnimationFrame(step);
  });
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}
