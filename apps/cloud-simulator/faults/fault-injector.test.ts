import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.ts';
import { Random } from '../random.ts';
import type { Fault } from './fault.ts';
import { FaultInjector } from './fault-injector.ts';

function injector(clock = new ManualClock(0), seed = 'seed'): FaultInjector {
  return new FaultInjector(clock, new Random(seed));
}

/** Which of so many requests met it. */
function met(faults: FaultInjector, requests: number, operation = 'query'): number[] {
  return Array.from({ length: requests }, (_, index) => index).filter(
    () => faults.meet('azure', operation, 'throttle', 'hang') !== undefined,
  );
}

const throttle: Fault = { cloud: 'azure', kind: 'throttle' };

describe('FaultInjector', () => {
  it('strikes always, until it is cleared', () => {
    const faults = injector();
    const fault = faults.inject(throttle);
    expect(met(faults, 3)).toEqual([0, 1, 2]);
    expect(fault.met).toBe(3);
    fault.clear();
    expect(met(faults, 3)).toEqual([]);
    expect(faults.clear()).toBe(false);
  });

  it('strikes a count of times after those it skips', () => {
    const faults = injector();
    faults.inject({ ...throttle, skip: 2, count: 3 });
    expect(met(faults, 10)).toEqual([2, 3, 4]);
    expect(faults.waiting).toEqual([]);
  });

  it('strikes as long as it stays', () => {
    const clock = new ManualClock(0);
    const faults = injector(clock);
    faults.inject({ ...throttle, forMs: 1000 });
    clock.advance(999);
    expect(met(faults, 1)).toEqual([0]);
    clock.advance(1);
    expect(met(faults, 1)).toEqual([]);
    expect(faults.waiting).toEqual([]);
  });

  it('strikes by chance, the same for the same seed', () => {
    const run = (seed: string) => {
      const faults = injector(new ManualClock(0), seed);
      faults.inject({ ...throttle, probability: 0.3 });
      return met(faults, 1000);
    };
    expect(run('a')).toEqual(run('a'));
    expect(run('a')).not.toEqual(run('b'));
    expect(run('a').length).toBeGreaterThan(230);
    expect(run('a').length).toBeLessThan(370);
  });

  it('strikes only its cloud, operation and kind, the first put in first', () => {
    const faults = injector();
    faults.inject({ ...throttle, operation: 'token' });
    faults.inject({ ...throttle, retryAfterSeconds: 1, count: 1 });
    faults.inject({ cloud: 'azure', kind: 'hang', count: 1 });
    expect(faults.meet('aws', 'query', 'throttle')).toBeUndefined();
    expect(faults.meet('azure', 'query', 'delay')).toBeUndefined();
    expect(faults.meet('azure', 'query', 'throttle', 'hang')).toMatchObject({ retryAfterSeconds: 1 });
    expect(faults.meet('azure', 'query', 'throttle', 'hang')).toMatchObject({ kind: 'hang' });
    expect(met(faults, 2, 'token')).toEqual([0, 1]);
  });

  it('notifies listeners of a new one', () => {
    const faults = injector();
    let told = 0;
    const unlisten = faults.listen(() => {
      told += 1;
    });
    faults.inject(throttle);
    unlisten();
    faults.inject(throttle);
    expect(told).toBe(1);
  });

  it.each([
    { cloud: 'azure', kind: 'stream-cut' },
    { cloud: 'gcp', kind: 'truncate' },
    { cloud: 'azure', kind: 'empty-page' },
    { ...throttle, count: 0 },
    { ...throttle, probability: 2 },
  ] as const)('refuses what no cloud can show: %j', (fault) => {
    expect(() => injector().inject(fault)).toThrow();
  });
});
