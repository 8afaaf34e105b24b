/** Time as the in-memory broker sees it, so that a test decides when sessions and transactions time out. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** Real time. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

export interface ManualClock extends Clock {
  /** Moves time on and runs what became due, in order of time. */
  advance(ms: number): void;
}

/** Time that stands still until a test moves it. */
export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let now = startMs;
  const due = new Set<{ readonly at: number; readonly callback: () => void }>();
  const earliest = (until: number) =>
    [...due].filter(({ at }) => at <= until).sort((left, right) => left.at - right.at)[0];
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      due.add(timer);
      return () => due.delete(timer);
    },
    advance(ms) {
      const until = now + ms;
      for (let next = earliest(until); next; next = earliest(until)) {
        due.delete(next);
        now = Math.max(now, next.at);
        next.callback();
      }
      now = until;
    },
  };
}
