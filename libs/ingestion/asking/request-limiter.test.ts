import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LimiterPool, RequestLimiter } from './request-limiter.ts';

const forever = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('RequestLimiter', () => {
  it('never lets more requests begin within a window than the limit says', async () => {
    const request = fc.record({ gapMs: fc.nat(400), lengthMs: fc.nat(300), urgent: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 40 }), async (requests) => {
        const limiter = new RequestLimiter({ requests: 5, perMs: 1000, concurrency: 2 });
        const begun: number[] = [];
        let active = 0;
        let most = 0;
        const done: Promise<unknown>[] = [];
        for (const { gapMs, lengthMs, urgent } of requests) {
          await vi.advanceTimersByTimeAsync(gapMs);
          const call = async () => {
            begun.push(performance.now());
            most = Math.max(most, ++active);
            await new Promise((resolve) => setTimeout(resolve, lengthMs));
            active -= 1;
          };
          done.push(limiter.run(call, { urgent, signal: forever }));
        }
        await vi.runAllTimersAsync();
        await Promise.all(done);
        expect(begun).toHaveLength(requests.length);
        expect(most).toBeLessThanOrEqual(2);
        for (const [index, at] of begun.entries()) {
          expect(begun.slice(index).filter((other) => other < at + 1000).length).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keeps to its share, so that processes that share a limit stay within it together', async () => {
    const counts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(counts, async (connections) => {
        const total = connections.reduce((sum, count) => sum + count, 0);
        const limit = 2 * total + 1;
        const begun: number[] = [];
        const stop = new AbortController();
        const processes = connections.map(async (count) => {
          const limiter = new RequestLimiter({ requests: limit, perMs: 1000 }, count / total);
          const ask = () =>
            limiter.run(async () => begun.push(performance.now()), { urgent: true, signal: stop.signal });
          while (!stop.signal.aborted) await ask().catch(() => undefined);
        });
        await vi.advanceTimersByTimeAsync(10_000);
        stop.abort();
        await vi.runAllTimersAsync();
        await Promise.all(processes);
        for (const [index, at] of begun.entries()) {
          expect(begun.slice(index).filter((other) => other < at + 1000).length).toBeLessThanOrEqual(limit);
        }
        // Whole requests are divided, in windows that are a little longer than the provider's.
        expect(begun.length).toBeGreaterThanOrEqual(9 * (limit - connections.length));
      }),
      { numRuns: 20 },
    );
  });

  it('asks less than once in a window where its share is less than one request', async () => {
    const limiter = new RequestLimiter({ requests: 5, perMs: 1000 }, 0.1);
    const begun: number[] = [];
    const calls = [1, 2, 3].map(() =>
      limiter.run(async () => begun.push(performance.now()), { urgent: true, signal: forever }),
    );
    await vi.runAllTimersAsync();
    await Promise.all(calls);
    expect(begun[2]! - begun[0]!).toBeGreaterThanOrEqual(4000);
  });

  it('gives up a part of its share at once, and uses a greater one a window later', async () => {
    const limiter = new RequestLimiter({ requests: 4, perMs: 1000 }, 0.5);
    let begun = 0;
    const stop = new AbortController();
    const asking = (async () => {
      while (!stop.signal.aborted)
        await limiter.run(async () => void begun++, { urgent: true, signal: stop.signal }).catch(() => undefined);
    })();
    const after = async (milliseconds: number) => {
      await vi.advanceTimersByTimeAsync(milliseconds);
      return begun;
    };
    expect(await after(0)).toBe(2);
    limiter.setShare(1);
    expect(await after(1000)).toBe(2);
    expect(await after(100)).toBe(6);
    limiter.setShare(0.25);
    expect(await after(990)).toBe(6);
    expect(await after(100)).toBe(7);
    expect(limiter.limitInWords).toContain('25 %');
    stop.abort();
    await asking;
  });

  it('lets urgent requests go first, and keeps a share of the window for them', async () => {
    const limiter = new RequestLimiter({ requests: 4, perMs: 1000 });
    const order: string[] = [];
    const call = (name: string, urgent: boolean) =>
      limiter.run(async () => void order.push(name), { urgent, signal: forever });
    const calls = ['a', 'b', 'c', 'd', 'e'].map((name) => call(name, false));
    await vi.advanceTimersByTimeAsync(0);
    expect(order).toEqual(['a', 'b', 'c']);
    calls.push(call('live', true));
    await vi.advanceTimersByTimeAsync(0);
    expect(order.at(-1)).toBe('live');
    await vi.runAllTimersAsync();
    await Promise.all(calls);
    expect(order).toEqual(['a', 'b', 'c', 'live', 'd', 'e']);
  });

  it('does not let urgent requests starve the others', async () => {
    const limiter = new RequestLimiter({ requests: 1, perMs: 1000 });
    let rest = false;
    let live = 0;
    const again = (): Promise<void> =>
      limiter.run(async () => void live++, { urgent: true, signal: forever }).then(() => (rest ? undefined : again()));
    const streams = [again(), again()];
    const served = async () => {
      rest = true;
    };
    const patient = limiter.run(served, { urgent: false, signal: forever });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(rest).toBe(true);
    // One before it came, three in a row, and the last of each stream.
    expect(live).toBeLessThanOrEqual(6);
    await Promise.all([patient, ...streams]);
  });

  it('waits as long as the provider says, and longer each time it says nothing', async () => {
    const limiter = new RequestLimiter({ requests: 100, perMs: 1000 });
    expect(limiter.throttled(2500)).toBe(2500);
    const began = performance.now();
    const call = limiter.run(async () => performance.now(), { urgent: true, signal: forever });
    await vi.runAllTimersAsync();
    expect((await call) - began).toBeGreaterThanOrEqual(2500);
    const waits = [1, 2, 3, 4].map(() => limiter.throttled());
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(1000 * 2 ** index);
    }
  });

  it('gives back the turn of a call that asked nobody', async () => {
    const limiter = new RequestLimiter({ requests: 1, perMs: 1000 });
    const counts = (asked: boolean) => asked;
    await limiter.run(async () => false, { urgent: true, signal: forever, counts });
    await limiter.run(async () => true, { urgent: true, signal: forever, counts });
    let third = false;
    const asked = async () => {
      third = true;
      return third;
    };
    const call = limiter.run(asked, { urgent: true, signal: forever, counts });
    await vi.advanceTimersByTimeAsync(900);
    expect(third).toBe(false);
    await vi.runAllTimersAsync();
    expect(await call).toBe(true);
  });

  it('lets go of those who stop waiting', async () => {
    const limiter = new RequestLimiter({ requests: 1, perMs: 1000 });
    await limiter.run(async () => {}, { urgent: true, signal: forever });
    const stop = new AbortController();
    const call = limiter.run(async () => {}, { urgent: true, signal: stop.signal });
    const refused = expect(call).rejects.toThrow('stopped');
    stop.abort(new Error('stopped'));
    await refused;
    await expect(limiter.run(async () => {}, { urgent: true, signal: stop.signal })).rejects.toThrow('stopped');
    const next = limiter.run(async () => 'next', { urgent: true, signal: forever });
    await vi.runAllTimersAsync();
    expect(await next).toBe('next');
  });

  it('is shared by all who have the same key', () => {
    const pool = new LimiterPool();
    const limit = { requests: 5, perMs: 1000 };
    expect(pool.limiterOf('account/region', limit)).toBe(pool.limiterOf('account/region', limit));
    expect(pool.limiterOf('other', limit)).not.toBe(pool.limiterOf('account/region', limit));
  });

  it('begins with a small share where other processes have the rest, which may be used up for the moment', async () => {
    const pool = new LimiterPool(0.1);
    pool.setShares(
      new Map([
        ['shared', 0.5],
        ['own', 1],
      ]),
    );
    expect(pool.limiterOf('shared', { requests: 10, perMs: 1000 }).limitInWords).toContain('10 %');
    expect(pool.limiterOf('own', { requests: 10, perMs: 1000 }).limitInWords).not.toContain('%');
  });

  it('has a small share while it is not known how many processes share the limit', async () => {
    const pool = new LimiterPool(0.1);
    const limiter = pool.limiterOf('account/region', { requests: 10, perMs: 1000 });
    expect(limiter.limitInWords).toContain('10 %');
    pool.setShares(new Map([['account/region', 0.5]]));
    await vi.advanceTimersByTimeAsync(1100);
    await limiter.run(async () => {}, { urgent: true, signal: forever });
    expect(limiter.limitInWords).toContain('50 %');
  });
});
