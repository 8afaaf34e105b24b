import type { ConnectionRewind } from '@tailrace/schemas/generated/connection-rewind.ts';
import { describe, expect, it } from 'vitest';
import { crashPoints } from './crashes.ts';
import type { Fixture } from './fixture.ts';

const minute = 60_000_000;
const smallPages = { config: { batch_size: 3 } };

let rewinds = 0;

/** A rewind over the last half hour, asked for now. */
function rewindNow(): ConnectionRewind {
  rewinds += 1;
  const requestedAt = Date.now() * 1000;
  const id = `rwd_${String(rewinds).padStart(24, '0')}`;
  return { id, to: requestedAt - 30 * minute, requested_at: requestedAt, reason: null };
}

/** Resolves when the providers' clocks, which may be cut to whole milliseconds, are past what has been emitted. */
async function laterThanNow(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What is read again is marked and complete, once, and the live stream goes on as if nothing had happened. */
export function describeRewind(fixture: () => Fixture): void {
  const finished = (id: string) =>
    fixture().waitFor(() => {
      const { rewind } = fixture().statuses.at(-1) ?? {};
      return rewind?.id === id && rewind.finished_at !== null;
    });

  describe('rewind', () => {
    it('reads the range again, marked and once, and says how far it has come', async () => {
      const older = await fixture().emit(4, (_, now) => ({
        timestamp: now - 40 * minute,
        observedTimestamp: now - 40 * minute,
      }));
      const texts = await fixture().emit(11, (index, now) => ({
        timestamp: now - index * minute,
        observedTimestamp: now - index * minute,
      }));
      const first = fixture().start({ config: { ...smallPages.config, start_from: '-1h' } });
      await fixture().expectExactly([...older, ...texts]);
      await first.stop();
      await laterThanNow();
      const rewind = rewindNow();
      fixture().start({ ...smallPages, rewind });
      await finished(rewind.id);
      expect(await fixture().rewoundTexts(rewind.id)).toEqual(texts.toSorted());
      expect(fixture().statuses.at(-1)?.rewind).toMatchObject({ id: rewind.id, events: texts.length });
      const later = await fixture().emit(5);
      await fixture().expectExactly([...older, ...texts, ...later]);
      expect(await fixture().rewoundTexts(rewind.id)).toEqual(texts.toSorted());
    });

    it('leaves to the live stream what comes after the request, and does not do a finished one again', async () => {
      const rewind = rewindNow();
      await laterThanNow();
      const texts = [...(await fixture().emit(7))];
      const first = fixture().start({ ...smallPages, rewind });
      await finished(rewind.id);
      await fixture().expectExactly(texts);
      await first.stop();
      fixture().start({ ...smallPages, rewind });
      texts.push(...(await fixture().emit(3)));
      await fixture().expectExactly(texts);
      expect(await fixture().rewoundTexts(rewind.id)).toEqual([]);
    });

    it('reads what is older than the start of the connection; the live stream still does not', async () => {
      const old = await fixture().emit(5, (_, now) => ({
        timestamp: now - 20 * minute,
        observedTimestamp: now - 20 * minute,
      }));
      await laterThanNow();
      const rewind = rewindNow();
      fixture().start({ config: { start_from: '-10m' }, rewind });
      await finished(rewind.id);
      expect(await fixture().rewoundTexts(rewind.id)).toEqual(old.toSorted());
      await fixture().expectExactly(await fixture().emit(2));
    });

    it('goes on after the provider has failed, and loses and doubles nothing', async () => {
      const texts = await fixture().emit(20, (_, now) => ({
        timestamp: now - minute,
        observedTimestamp: now - minute,
      }));
      await laterThanNow();
      const rewind = rewindNow();
      fixture().cloud.inject({ kind: 'throttle', count: 4, skip: 3, retryAfterSeconds: 1 });
      fixture().cloud.inject({ kind: 'expired-credentials', count: 4, skip: 8 });
      fixture().start({ ...smallPages, rewind });
      await finished(rewind.id);
      await fixture().expectExactly(texts);
      expect(await fixture().rewoundTexts(rewind.id)).toEqual(texts.toSorted());
    });

    it('gives way to a newer one, whose range is read whole', async () => {
      const texts = await fixture().emit(20, (_, now) => ({
        timestamp: now - minute,
        observedTimestamp: now - minute,
      }));
      const before = rewindNow();
      const doomed = fixture().start({ ...smallPages, rewind: before });
      await fixture().waitFor(async () => (await fixture().rewoundTexts(before.id)).length >= 3);
      doomed.crash();
      const rewind = rewindNow();
      fixture().start({ ...smallPages, rewind });
      await finished(rewind.id);
      expect(await fixture().rewoundTexts(rewind.id)).toEqual(texts.toSorted());
      await fixture().expectExactly(texts);
      const ofRewinds = (await fixture().checkpointKeys()).filter((key) => key.includes('/rewind'));
      expect(ofRewinds).toHaveLength(1);
    });

    for (const { operation, when } of crashPoints) {
      it(`goes on after kills ${when} the ${operation} of a page, and neither lane loses or doubles anything`, async () => {
        const texts = [
          ...(await fixture().emit(20, (_, now) => ({ timestamp: now - minute, observedTimestamp: now - minute }))),
        ];
        const rewound = texts.toSorted();
        await laterThanNow();
        const rewind = rewindNow();
        for (let kills = 0; kills < 4; kills++) {
          const doomed = fixture().start({ ...smallPages, rewind });
          await fixture().waitFor(async () => (await fixture().rewoundTexts(rewind.id)).length >= 3 * kills);
          const { struck } = fixture().broker.failNext({ operation, when, crash: true }, doomed.kafka);
          texts.push(...(await fixture().emit(2)));
          await struck;
          doomed.crash();
        }
        fixture().start({ ...smallPages, rewind });
        await finished(rewind.id);
        await fixture().expectExactly(texts);
        expect(await fixture().rewoundTexts(rewind.id)).toEqual(rewound);
      });
    }
  });
}
