import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CloudFaultKind } from '../conformance/cloud-under-test.ts';
import { Fixture, type IngestProcess } from '../conformance/fixture.ts';
import { ScriptedCloud } from '../conformance/scripted-cloud.ts';

const minute = 60_000_000;

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('emit' as const),
      count: fc.integer({ min: 1, max: 8 }),
      ageMinutes: fc.constantFrom(0, 0, 0, 1, 40),
      visibleAfterMs: fc.constantFrom(0, 0, 0, 60, 300),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cloud' as const),
      fault: fc.constantFrom<CloudFaultKind>(
        'throttle',
        'server-error',
        'expired-credentials',
        'empty-page',
        'short-page',
        'duplicate',
        'partial-error',
        'stream-cut',
        'suppress',
      ),
      count: fc.integer({ min: 1, max: 3 }),
      skip: fc.nat(3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('kafka' as const),
      operation: fc.constantFrom('send' as const, 'commit' as const, 'initProducerId' as const),
      when: fc.constantFrom('before' as const, 'after' as const),
      crash: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), crash: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(120) }) },
);

const options = fc.record({
  axis: fc.constantFrom('event' as const, 'ingestion' as const),
  tail: fc.boolean(),
  batchSize: fc.constantFrom(1, 3, 100),
  concurrency: fc.constantFrom(1, 2, 4),
});

describe('runConnection', () => {
  it('brings everything once, whatever the cloud and Kafka do', async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { minLength: 5, maxLength: 25 }), async (how, steps) => {
        const fixture = new Fixture(new ScriptedCloud(how));
        await fixture.open();
        const choices = { config: { batch_size: how.batchSize, concurrency: how.concurrency, start_from: '-1h' } };
        let running: IngestProcess = fixture.start(choices);
        const texts: string[] = [];
        try {
          for (const each of steps) {
            if (each.kind === 'wait') await new Promise((resolve) => setTimeout(resolve, each.ms));
            else if (each.kind === 'cloud')
              fixture.cloud.inject({ kind: each.fault, count: each.count, skip: each.skip });
            else if (each.kind === 'kafka') fixture.broker.failNext(each, running.kafka);
            else if (each.kind === 'emit') {
              const { visibleAfterMs } = each;
              const times = (_: number, now: number) => ({ timestamp: now - each.ageMinutes * minute, visibleAfterMs });
              texts.push(...(await fixture.emit(each.count, times)));
            } else {
              if (each.crash) running.crash();
              else await running.stop();
              running = fixture.start(choices);
            }
          }
          running.crash();
          fixture.start(choices);
          await fixture.expectExactly(texts);
        } finally {
          await fixture.close();
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  it('gives an event without a usable time that of its ingestion', async () => {
    const fixture = new Fixture(new ScriptedCloud({ axis: 'event', tail: true }));
    await fixture.open();
    try {
      fixture.start();
      await fixture.waitFor(() => fixture.statuses.some(({ state }) => state === 'idle'));
      const now = Date.now() * 1000;
      await fixture.cloud.emit([
        { text: 'event-900001-end', timestamp: Number.NaN, observedTimestamp: now },
        { text: 'event-900002-end', timestamp: now + 0.5, observedTimestamp: now },
      ]);
      const texts = await fixture.emit(3);
      await fixture.expectExactly(['event-900001-end', 'event-900002-end', ...texts]);
      const mended = (await fixture.received()).filter(({ payload }) => payload.includes('event-9'));
      expect(mended.map(({ timestamp }) => timestamp)).toEqual([now, now]);
    } finally {
      await fixture.close();
    }
  }, 120_000);
});
