import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterInSlices, Slice, ThreadTime } from './thread-time.ts';

/** Keeps the thread for a while, as a heavy expression does. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('the time of the thread', () => {
  it('goes to the project that has had the least, and differs between those who wait by one piece of work at most', async () => {
    const jobs = fc.array(
      fc.record({ project: fc.constantFrom('a', 'b', 'c'), costs: fc.integer({ min: 1, max: 50 }) }),
      {
        minLength: 3,
        maxLength: 25,
      },
    );
    await fc.assert(
      fc.asyncProperty(jobs, async (given) => {
        const time = new ThreadTime();
        const used = new Map<string, number>();
        const active = new Map<string, number>();
        let longest = 0;
        let unfair = 0;
        const run = async ({ project, costs }: (typeof given)[number]) => {
          active.set(project, (active.get(project) ?? 0) + 1);
          for (let turn = 0; turn < 4; turn += 1) {
            await time.next(project);
            // Everybody is active until somebody has finished: until then shares must be equal.
            if (active.size === new Set(given.map((each) => each.project)).size) {
              const shares = [...active.keys()].map((each) => used.get(each) ?? 0);
              unfair = Math.max(unfair, (used.get(project) ?? 0) - Math.min(...shares));
            }
            time.spent(project, costs);
            used.set(project, (used.get(project) ?? 0) + costs);
            longest = Math.max(longest, costs);
          }
          const left = (active.get(project) ?? 1) - 1;
          if (left === 0) active.delete(project);
          else active.set(project, left);
        };
        await Promise.all(given.map(run));
        expect(unfair).toBeLessThanOrEqual(longest);
      }),
      { numRuns: 100 },
    );
  });

  it('gives a project that comes late its equal share, not what it missed', async () => {
    const time = new ThreadTime();
    const order: string[] = [];
    const turn = async (project: string) => {
      await time.next(project);
      order.push(project);
      time.spent(project, 10);
    };
    for (let index = 0; index < 50; index += 1) await turn('early');
    order.length = 0;
    const jobs = ['early', 'late'].map(async (project) => {
      for (let index = 0; index < 5; index += 1) await turn(project);
    });
    await Promise.all(jobs);
    expect(order.slice(0, 8).filter((project) => project === 'late').length).toBeGreaterThanOrEqual(3);
    expect(order.slice(0, 8).filter((project) => project === 'early').length).toBeGreaterThanOrEqual(3);
  });

  it('lets the event loop turn between slices, however much there is to do', async () => {
    let turns = 0;
    let done = false;
    const tick = () => {
      turns += 1;
      if (!done) setImmediate(tick);
    };
    setImmediate(tick);
    const items = Array.from({ length: 30 }, (_, index) => index);
    const heavy = Array.from({ length: 5 }, () =>
      filterInSlices('busy', items, () => {
        work(2);
        return true;
      }),
    );
    const results = await Promise.all(heavy);
    done = true;
    expect(results).toEqual(heavy.map(() => items));
    // 5 × 30 × 2 ms in slices of about 5 ms.
    expect(turns).toBeGreaterThan(30);
  });

  it('stops when its caller goes away', async () => {
    const stop = new AbortController();
    const items = Array.from({ length: 1000 }, (_, index) => index);
    let looked = 0;
    const found = filterInSlices(
      'shop',
      items,
      () => {
        looked += 1;
        work(1);
        return true;
      },
      stop.signal,
    );
    stop.abort(new Error('went away'));
    await expect(found).rejects.toThrow('went away');
    expect(looked).toBeLessThan(100);
  });

  it('costs a piece of work that is short no turn at all', () => {
    const slice = new Slice('shop');
    expect(slice.isOver).toBe(false);
  });
});
