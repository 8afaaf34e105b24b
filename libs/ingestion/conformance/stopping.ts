import { createLogger } from '@tailrace/telemetry/logger.ts';
import { describe, expect, it } from 'vitest';
import type { Page, Source } from '../contract/connector.ts';
import type { CloudUnderTest } from './cloud-under-test.ts';
import type { Fixture } from './fixture.ts';

/** Far less than a request may take; on a quiet machine it is a moment. */
const promptMs = 5000;

/** The source by itself, and how quickly things end. */
export function describeStopping(fixture: () => Fixture): void {
  describe('source', () => {
    it('shows the same events again when a range is swept again', async () => {
      const { cloud } = fixture();
      await fixture().emit(9);
      const now = Date.now() * 1000;
      const range = { start: now - 60_000_000, end: Math.ceil(now / 1000) * 1000 + 60_000_000 };
      const source = sourceOf(cloud, { batch_size: 2 });
      const read = async () => {
        const pages = await all(source.sweep(range, new AbortController().signal));
        return pages.flatMap((page) => page.events.map((event) => event.id));
      };
      const first = await read();
      expect(new Set(first).size).toBe(9);
      expect((await read()).sort()).toEqual(first.sort());
      await source.close();
    });

    it('asks only when it is pulled', async () => {
      const { cloud } = fixture();
      await fixture().emit(9);
      const now = Date.now() * 1000;
      const range = { start: now - 60_000_000, end: Math.ceil(now / 1000) * 1000 + 60_000_000 };
      const source = sourceOf(cloud, { batch_size: 2 });
      const pages = source.sweep(range, new AbortController().signal)[Symbol.asyncIterator]();
      const before = cloud.readRequests().length;
      await pages.next();
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(cloud.readRequests().length).toBe(before + 1);
      await pages.return?.();
      await source.close();
    });

    it('ends soon after an abort, in the middle of a request', async () => {
      const { cloud } = fixture();
      cloud.inject({ kind: 'hang' });
      const source = sourceOf(cloud, {});
      const stop = new AbortController();
      const now = Date.now() * 1000;
      const sweep = all(source.sweep({ start: now - 1_000_000, end: now }, stop.signal)).catch(() => 'ended');
      await fixture().waitFor(() => cloud.readRequests().length > 0);
      const started = performance.now();
      stop.abort();
      await sweep;
      expect(performance.now() - started).toBeLessThan(promptMs);
      await source.close();
    });

    it('stops promptly: when all is well, and when the provider does not answer', async () => {
      const running = fixture().start();
      const texts = await fixture().emit(3);
      await fixture().expectExactly(texts);
      expect(await timed(() => running.stop())).toBeLessThan(promptMs);
      fixture().cloud.inject({ kind: 'hang' });
      const before = fixture().cloud.readRequests().length;
      const hanging = fixture().start();
      await fixture().waitFor(() => fixture().cloud.readRequests().length > before);
      expect(await timed(() => hanging.stop())).toBeLessThan(promptMs);
    });
  });
}

/** The low-latency path, where there is one. */
export function describeTail(fixture: () => Fixture): void {
  const seldom = { tiers: [{ lookbackMs: 3_600_000, everyMs: 600_000 }] };

  describe('tail', () => {
    it('brings events long before a sweep would', async () => {
      fixture().start(seldom);
      await fixture().waitFor(() => fixture().statuses.length > 1);
      const texts: string[] = [];
      await fixture().waitFor(async () => {
        texts.push(...(await fixture().emit(1)));
        return (await fixture().receivedTexts()).length > 0;
      });
      const more = await fixture().emit(5);
      await fixture().waitFor(async () => {
        const received = await fixture().receivedTexts();
        return more.every((text) => received.includes(text));
      });
      const received = await fixture().receivedTexts();
      expect(received).toEqual([...new Set(received)]);
    });

    for (const kind of ['stream-cut', 'suppress'] as const) {
      it(`leaves to a sweep what it did not bring: ${kind}`, async () => {
        fixture().start(seldom);
        const before = await fixture().emit(3);
        await fixture().waitFor(async () => (await fixture().receivedTexts()).length === 3);
        fixture().cloud.inject({ kind, count: 2 });
        const after = await fixture().emit(6);
        await fixture().waitFor(async () => (await fixture().receivedTexts()).length >= 9);
        expect(await fixture().receivedTexts()).toEqual([...before, ...after].sort());
      });
    }
  });
}

function sourceOf({ connector, config }: CloudUnderTest, more: Readonly<Record<string, unknown>>): Source {
  return connector.configure({ ...config, ...more }).open({ logger: createLogger({ level: 'silent' }) });
}

async function all(pages: AsyncIterable<Page>): Promise<Page[]> {
  const read: Page[] = [];
  for await (const page of pages) read.push(page);
  return read;
}

async function timed(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}
