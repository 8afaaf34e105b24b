import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Fixture } from '../conformance/fixture.ts';
import { ScriptedCloud } from '../conformance/scripted-cloud.ts';
import { eventTiers } from '../contract/event-tiers.ts';

beforeEach(() => {
  vi.useFakeTimers({
    now: 1_700_000_000_000,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'Date', 'performance'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const pollMs = 10_000;

/** Looks at what the connection says, again and again in its own time. */
async function pass(seconds: number, look: () => void): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 5) {
    await vi.advanceTimersByTimeAsync(5000);
    look();
  }
}

describe('a connection that shares a small quota', () => {
  it('goes on being complete after a burst and a time-out, never goes back, and says what it waits for', async () => {
    const fixture = new Fixture(new ScriptedCloud({ axis: 'event', tail: true }));
    await fixture.open();
    try {
      fixture.start({
        config: { poll_interval_ms: pollMs, visibility_bound_ms: 300_000, batch_size: 50 },
        tiers: eventTiers(pollMs),
        quota: { key: 'shared', requests: 15, perMs: 60_000 },
      });
      let complete = 0;
      let behind = 0;
      const reasons = new Set<string>();
      const look = () => {
        const {
          complete_up_to: upTo = null,
          updated_at: at = 0,
          held_back: held = null,
        } = fixture.statuses.at(-1) ?? {};
        if (upTo === null) return;
        expect(upTo).toBeGreaterThanOrEqual(complete);
        complete = upTo;
        behind = at - upTo;
        if (behind > 90_000_000) expect(held).not.toBeNull();
        if (held) reasons.add(held.reason);
      };
      await pass(60, look);
      await fixture.emit(1000, (index, now) => ({ timestamp: now - index * 200 }));
      fixture.cloud.inject({ kind: 'hang', count: 1, skip: 3 });
      await pass(420, look);
      // Each look at that time takes the burst in again; the quota suffices, though not for looking at everything as often.
      expect(behind).toBeLessThan(90_000_000);
      expect(reasons).toContain('quota');
    } finally {
      const closed = fixture.close();
      await vi.advanceTimersByTimeAsync(60_000);
      await closed;
    }
  }, 300_000);
});
