/** The simulated clouds' idea of time. Everything a cloud stamps, expires or answers in a `Date` header uses it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, when `now()` has reached `time`; never synchronously. Answers a function that cancels it. */
  at(time: number, callback: () => void): () => void;
}

/** Node's timers take no delay above 2^31 − 1 ms; longer ones are waited for in pieces. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clock, `skewMs` ahead of it (a cloud whose clock differs from ours). */
export function systemClock(skewMs = 0): Clock {
  const now = () => Date.now() + skewMs;
  return {
    now,
    at(time, callback) {
      let timer: NodeJS.Timeout;
      const arm = () => {
        const left = time - now();
        timer = left > 0 ? setTimeout(arm, Math.min(left, longestTimerMs)) : setTimeout(callback, 0);
      };
      arm();
      return () => clearTimeout(timer);
    },
  };
}

/** A clock that moves only on request, for tests that must not wait. */
export class ManualClock implements Clock {
  #now: number;
  readonly #alarms = new Set<{ readonly time: number; readonly callback: () => void }>();

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** How many callbacks wait. */
  get alarms(): number {
    return this.#alarms.size;
  }

  at(time: number, callback: () => void): () => void {
    const alarm = { time, callback };
    this.#alarms.add(alarm);
    if (time <= this.#now) queueMicrotask(() => this.#ringDue());
    return () => this.#alarms.delete(alarm);
  }

  /** Moves on, ringing what falls due in its order. */
  advance(ms: number): void {
    this.#now += ms;
    this.#ringDue();
  }

  #ringDue(): void {
    const due = [...this.#alarms].filter((alarm) => alarm.time <= this.#now).sort((a, b) => a.time - b.time);
    for (const alarm of due) {
      if (this.#alarms.delete(alarm)) alarm.callback();
    }
  }
}
