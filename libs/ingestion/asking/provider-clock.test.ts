import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProviderClock } from './provider-clock.ts';

const hour = 3_600_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('ProviderClock', () => {
  it("takes this machine's time until the provider gives its own", () => {
    const clock = new ProviderClock();
    expect(clock.isKnown).toBe(false);
    expect(clock.now()).toBe(Date.now() * 1000);
    vi.setSystemTime(Date.now() + 5000);
    expect(clock.now()).toBe(Date.now() * 1000);
    clock.observe(Date.now() * 1000 - hour);
    expect(clock.isKnown).toBe(true);
    expect(clock.now()).toBe(Date.now() * 1000 - hour);
  });

  it('is as near as the best answer allows, and never ahead of the truth', () => {
    const clock = new ProviderClock();
    const truth = () => Date.now() * 1000 + hour;
    for (const delayMs of [700, 30, 400, 999]) {
      const dated = Math.floor(truth() / 1_000_000) * 1_000_000;
      vi.advanceTimersByTime(delayMs);
      clock.observe(dated);
      expect(clock.now()).toBeLessThanOrEqual(truth());
    }
    expect(truth() - clock.now()).toBeLessThan(1_100_000);
  });

  it('does not mind when this machine steps its time', () => {
    const clock = new ProviderClock();
    clock.observe(Date.now() * 1000);
    const before = clock.now();
    vi.setSystemTime(Date.now() + 7_200_000);
    expect(clock.now()).toBe(before);
  });

  it('forgets an answer that was dated too late', () => {
    const clock = new ProviderClock();
    clock.observe(Date.now() * 1000 + hour);
    for (let minute = 0; minute < 12; minute++) {
      vi.advanceTimersByTime(60_000);
      clock.observe(Date.now() * 1000);
    }
    expect(clock.now()).toBe(Date.now() * 1000);
  });
});
