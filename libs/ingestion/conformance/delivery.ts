import { describe, expect, it } from 'vitest';
import { type Fixture, textOf } from './fixture.ts';

const second = 1_000_000;
const minute = 60 * second;
const smallPages = { config: { batch_size: 3 } };

/** Everything arrives, once, as it is. */
export function describeDelivery(fixture: () => Fixture): void {
  describe('delivery', () => {
    it('brings every event once, over many pages, with its times and its origin', async () => {
      const { cloud } = fixture();
      const started = Date.now() * 1000;
      const texts = await fixture().emit(20, (index, now) => ({ timestamp: now - index * 3000 }));
      fixture().start(smallPages);
      await fixture().expectExactly(texts);
      const events = await fixture().received();
      expect(new Set(events.map((event) => event.event_id)).size).toBe(20);
      for (const event of events) {
        const index = texts.indexOf(textOf(event));
        expect(Math.abs(event.timestamp - (started - index * 3000))).toBeLessThan(5 * second);
        expect(Math.abs(event.observed_timestamp - started)).toBeLessThan(5 * second);
        expect(event.ingest_timestamp).toBeGreaterThanOrEqual(started);
        expect(event).toMatchObject({ project_id: 'project', provider: cloud.connector.provider, rewind_id: null });
        expect(Object.keys(event.source)).not.toHaveLength(0);
        expect(() => JSON.parse(event.payload)).not.toThrow();
        for (const secret of cloud.secrets) expect(JSON.stringify(event)).not.toContain(secret);
      }
    });

    it('brings what comes while it runs', async () => {
      fixture().start(smallPages);
      const texts: string[] = [];
      for (let batch = 0; batch < 4; batch++) {
        texts.push(...(await fixture().emit(5)));
        await fixture().waitFor(async () => (await fixture().receivedTexts()).length === texts.length);
      }
      await fixture().expectExactly(texts);
    });

    it('distinguishes events of one millisecond, across pages', async () => {
      const at = Date.now() * 1000;
      const texts = await fixture().emit(25, () => ({ timestamp: at, observedTimestamp: at }));
      fixture().start({ config: { batch_size: 4 } });
      await fixture().expectExactly(texts);
      await fixture().expectExactly([...texts, ...(await fixture().emit(3, () => ({ timestamp: at })))]);
    });

    it('finds events that come late: long after they happened, and late in the API', async () => {
      fixture().start({ config: { start_from: '-1h' } });
      await fixture().waitFor(() => fixture().cloud.readRequests().length > 3);
      const late = await fixture().emit(6, (index, now) => ({ timestamp: now - (index * 9 + 1) * minute }));
      const hidden = await fixture().emit(6, (index) => ({ visibleAfterMs: index * 500 }));
      const both = await fixture().emit(6, (index, now) => ({
        timestamp: now - (index * 9 + 1) * minute,
        visibleAfterMs: index * 500,
      }));
      await fixture().expectExactly([...late, ...hidden, ...both]);
    });

    it('begins where it is asked to, by event time', async () => {
      const old = await fixture().emit(3, (_, now) => ({ timestamp: now - 20 * minute }));
      const recent = await fixture().emit(3, (_, now) => ({ timestamp: now - 5 * minute }));
      fixture().start({ config: { start_from: '-10m' } });
      await fixture().expectExactly(recent);
      const later = await fixture().emit(2, (_, now) => ({ timestamp: now - 30 * minute }));
      expect(await fixture().receivedTexts()).not.toContain([...old, ...later]);
      await fixture().expectExactly([...recent, ...(await fixture().emit(2))]);
    });

    it('goes on where it was after a stop, whatever the settings say then', async () => {
      const before = await fixture().emit(5);
      const first = fixture().start(smallPages);
      await fixture().expectExactly(before);
      await first.stop();
      const between = await fixture().emit(5);
      fixture().start({ config: { batch_size: 2, start_from: 'now', visibility_bound_ms: 6000 } });
      await fixture().expectExactly([...before, ...between, ...(await fixture().emit(5))]);
    });
  });
}
