/** The wall clock, as a value so that a test decides when a deadline has passed. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** Timers beyond this fire at once in Node. */
const longestTimerMs = 2 ** 31 - 1;

/** Real time. Its timers do not keep a process alive. */
export const wallClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), longestTimerMs)).unref();
    return () => clearTimeout(timer);
  },
};
