import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { CloudUnderTest } from '../conformance/cloud-under-test.ts';
import { Fixture } from '../conformance/fixture.ts';
import { ScriptedCloud } from '../conformance/scripted-cloud.ts';
import type { Source } from '../contract/connector.ts';

const pageEvents = 10;

/** Resolves with a count that has not changed for a while. */
async function settled(count: () => number): Promise<number> {
  let before = -1;
  await vi.waitFor(
    () => {
      const now = count();
      const isSame = now === before;
      before = now;
      expect(isSame).toBe(true);
    },
    { timeout: 30_000, interval: 200 },
  );
  return before;
}

/** A cloud that counts the events its push path was asked for. */
function counting(cloud: ScriptedCloud): { readonly cloud: CloudUnderTest; tailed(): number } {
  const { connector, config, secrets, badConfigs } = cloud;
  let tailed = 0;
  const counted = (source: Source): Source => {
    const { tail } = source;
    if (!tail) return source;
    return {
      ...source,
      async *tail(signal) {
        for await (const message of tail(signal)) {
          if (message.kind === 'events') tailed += message.events.length;
          yield message;
        }
      },
    };
  };
  return {
    tailed: () => tailed,
    cloud: {
      ...{ config, secrets, badConfigs },
      connector: {
        ...connector,
        configure: (...given) => {
          const configured = connector.configure(...given);
          return { ...configured, open: (deps) => counted(configured.open(deps)) };
        },
      },
      emit: (events) => cloud.emit(events),
      inject: (fault) => cloud.inject(fault),
      clearFaults: () => cloud.clearFaults(),
      readRequests: () => cloud.readRequests(),
      stop: () => cloud.stop(),
    },
  };
}

describe('while Kafka does not answer', () => {
  it.each([1, 4])(
    '%i lanes read no more than a page ahead of it, and later bring everything once',
    async (lanes) => {
      const cloud = new ScriptedCloud({ axis: 'event' });
      const fixture = new Fixture(cloud);
      await fixture.open();
      try {
        const { kafka } = fixture.start({ config: { batch_size: pageEvents, concurrency: lanes } });
        const before = await fixture.emit(pageEvents);
        await fixture.expectExactly(before);
        fixture.broker.pauseClient(kafka, { expireSessions: false });
        const asked = cloud.readRequests().length;
        const during = await fixture.emit(100 * pageEvents);
        const ahead = (await settled(() => cloud.readRequests().length)) - asked;
        // One page is being written and one is in hand, in each lane; a lane may have been on its way through an old sweep.
        expect(ahead).toBeLessThanOrEqual(4 * lanes);
        expect(await fixture.receivedTexts()).toEqual(before);
        fixture.broker.resumeClient(kafka);
        await fixture.expectExactly([...before, ...during]);
      } finally {
        await fixture.close();
      }
    },
    30_000,
  );

  it('a push path is not read without end either', async () => {
    const { cloud, tailed } = counting(new ScriptedCloud({ axis: 'event', tail: true }));
    const fixture = new Fixture(cloud);
    await fixture.open();
    try {
      const { kafka } = fixture.start({ config: { batch_size: 1000 } });
      const before = await fixture.emit(10);
      await fixture.expectExactly(before);
      fixture.broker.pauseClient(kafka, { expireSessions: false });
      const during: string[] = [];
      for (let burst = 0; burst < 40; burst += 1) {
        during.push(...(await fixture.emit(1000)));
        await delay(10);
      }
      // What waits for a transaction is bounded by `maxWaiting` of the tail lane: 10,000 events and one message.
      expect(await settled(tailed)).toBeLessThan(12_500);
      fixture.broker.resumeClient(kafka);
      await fixture.expectExactly([...before, ...during]);
    } finally {
      await fixture.close();
    }
  }, 180_000);
});
