import { describe, it } from 'vitest';
import type { Fixture } from './fixture.ts';

const smallPages = { config: { batch_size: 3 } };

/** Every point at which a process can die or lose its broker while a page is written. */
export const crashPoints = [
  { operation: 'send', when: 'before' },
  { operation: 'send', when: 'after' },
  { operation: 'commit', when: 'before' },
  { operation: 'commit', when: 'after' },
] as const;

/** What was written is neither lost nor written again, wherever a process ends. */
export function describeCrashes(fixture: () => Fixture): void {
  describe('crashes', () => {
    for (const { operation, when } of crashPoints) {
      it(`goes on after a kill ${when} the ${operation} of a page`, async () => {
        const texts = [...(await fixture().emit(20))];
        for (let skipped = 0; skipped < 3; skipped++) {
          const doomed = fixture().start(smallPages);
          await committedAtLeast(fixture(), 3 * skipped);
          const { struck } = fixture().broker.failNext({ operation, when, crash: true }, doomed.kafka);
          texts.push(...(await fixture().emit(4)));
          await struck;
          doomed.crash();
        }
        fixture().start(smallPages);
        await fixture().expectExactly(texts);
      });

      it(`goes on after a ${operation} whose answer was lost ${when} it took effect`, async () => {
        const running = fixture().start(smallPages);
        const texts = [...(await fixture().emit(10))];
        for (let round = 0; round < 3; round++) {
          const { struck } = fixture().broker.failNext({ operation, when }, running.kafka);
          texts.push(...(await fixture().emit(4)));
          await struck;
        }
        await fixture().expectExactly(texts);
      });
    }

    it('is fenced when another process took over while it was stopped', async () => {
      const texts = [...(await fixture().emit(10))];
      const paused = fixture().start(smallPages);
      await committedAtLeast(fixture(), 3);
      fixture().broker.pauseClient(paused.kafka);
      const next = fixture().start(smallPages);
      texts.push(...(await fixture().emit(10)));
      await fixture().expectExactly(texts);
      await next.stop();
      fixture().broker.resumeClient(paused.kafka);
      await fixture().expectExactly([...texts, ...(await fixture().emit(5))]);
    });
  });
}

async function committedAtLeast(fixture: Fixture, count: number): Promise<void> {
  await fixture.waitFor(async () => (await fixture.receivedTexts()).length >= count);
}
