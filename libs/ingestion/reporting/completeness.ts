import type { HeldBack } from '@tailrace/schemas/generated/held-back.ts';
import type { HeldBackReason } from '@tailrace/schemas/generated/held-back-reason.ts';

/** How far a run has come. All times are microseconds; `now` and what is compared with it are by the provider's clock. */
export interface ReadingProgress {
  readonly now: number;
  /** See `completeUpTo`. */
  readonly completeUpTo: number;
  /** The same for a source whose events never come late: what the completed sweeps alone say. */
  readonly sweptUpTo: number;
  /** See `readUpTo`. */
  readonly readUpTo: number | undefined;
  /** Event time of the oldest events wanted. */
  readonly startTime: number;
  /** How much later than their event time nearly all events are ingested. */
  readonly lateness: number;
  /** How often times of that age are looked at again. */
  readonly lookEvery: number;
}

/** What may be in the way of a run. */
export interface Hindrance {
  readonly reason: Exclude<HeldBackReason, 'starting' | 'late_events'>;
  readonly detail: string;
  readonly help: string | null;
}

/** Reading is up to date while it is no further behind than this and two polls. */
const patienceMs = 30_000;
/** A run that has read nothing for this long says why. */
const startPatienceMs = 5000;

/**
 * "Complete up to" as it is shown: it follows the estimate forwards only, since what waits for it (alerts above all) has
 * acted on it. While it does not keep up, this says why.
 */
export class Completeness {
  readonly #patience: number;
  readonly #beganAt: number;
  #upTo: number | null;
  #movedAt: number;
  #heldSince: number | undefined;

  /**
   * @param previous what was shown last, by whichever process.
   * @param now by this machine's clock, microseconds.
   */
  constructor(previous: number | null, now: number, pollIntervalMs = 0) {
    this.#upTo = previous;
    this.#beganAt = now;
    this.#movedAt = now;
    this.#patience = (patienceMs + 2 * pollIntervalMs) * 1000;
  }

  get upTo(): number | null {
    return this.#upTo;
  }

  /** @param now by this machine's clock, microseconds. */
  observe(progress: ReadingProgress | undefined, now: number): void {
    if (progress === undefined || progress.completeUpTo <= (this.#upTo ?? Number.NEGATIVE_INFINITY)) return;
    this.#upTo = progress.completeUpTo;
    this.#movedAt = now;
  }

  /**
   * Why it does not keep up; null while it does.
   * @param hindrance what is in the way of reading, where anything is.
   * @param now by this machine's clock, microseconds.
   */
  heldBack(progress: ReadingProgress | undefined, hindrance: Hindrance | undefined, now: number): HeldBack | null {
    const why = this.#why(progress, hindrance, now);
    if (why === undefined) {
      this.#heldSince = undefined;
      return null;
    }
    this.#heldSince ??= Math.min(now, this.#movedAt);
    return { ...why, since: this.#heldSince };
  }

  #why(progress: ReadingProgress | undefined, hindrance: Hindrance | undefined, now: number) {
    if (progress?.readUpTo === undefined) {
      if (now - this.#beganAt < startPatienceMs * 1000) return undefined;
      return (
        hindrance ?? { reason: 'starting' as const, detail: 'The first answer of the provider is awaited.', help: null }
      );
    }
    const behind = progress.now - progress.sweptUpTo;
    if (behind > this.#patience) return hindrance ?? catchingUp(behind);
    const isStanding = now - this.#movedAt > this.#patience + progress.lookEvery;
    return isStanding ? (hindrance ?? lateEvents(progress.lateness)) : undefined;
  }
}

function catchingUp(behind: number) {
  const detail = `What was written in the last ${roughly(behind)} is still being read, oldest first.`;
  return { reason: 'starting' as const, detail, help: null };
}

function lateEvents(lateness: number) {
  return {
    reason: 'late_events' as const,
    detail: `Events have lately come up to ${roughly(lateness)} after their event time, so earlier ones may still be on their way.`,
    help: 'Nothing is lost. If the source is to be on time, look at what delays its events, or at its clock.',
  };
}

/** A span in the largest unit that leaves a number of at least 2. @param micros not negative. */
function roughly(micros: number): string {
  const seconds = Math.round(micros / 1_000_000);
  const units = [
    [86_400, 'days'],
    [3600, 'hours'],
    [60, 'minutes'],
  ] as const;
  const [length, name] = units.find(([length]) => seconds >= 2 * length) ?? [1, 'seconds'];
  const count = Math.round(seconds / length);
  return count === 1 ? '1 second' : `${count} ${name}`;
}
