import { Problem } from '../problem.ts';

/** On whose behalf something is done. */
export interface Caller {
  readonly project: string;
  /** `sub` of the token. */
  readonly subject: string;
}

export interface FairQueueOptions {
  /** What is done, as people call several of it: "searches". Also, with underscores, part of the code of refusals. */
  readonly plural: string;
  /** How many are done at once. */
  readonly atOnce: number;
  /** Of one project. Default: half of `atOnce`, so that no project alone holds every place. */
  readonly perProject?: number;
  /** Of one token's subject, over all its projects. Default: half of `perProject`. */
  readonly perSubject?: number;
  /** How many may wait; 0: nobody, and what finds no place is refused. Defaults: four times as many as are done at once. */
  readonly waiting?: number;
  readonly waitingPerProject?: number;
  readonly waitingPerSubject?: number;
  /** The longest wait, milliseconds: a caller that has waited so long is refused. Default: none. */
  readonly patienceMs?: number;
  /** When a refused caller may try again. Default: 2. */
  readonly retryAfterSeconds?: number;
  /** Called for each refusal, for the metrics. */
  readonly onRefused?: () => void;
}

interface Waiter {
  readonly caller: Caller;
  readonly start: () => void;
}

/** A ring of what waits: the next to be served first. */
type Ring = Map<string, Map<string, Waiter[]>>;

/**
 * Shares the places for something long fairly: first among projects, then among a project's tokens, each in turn. No
 * project and no token holds more places than its share, so that others find one free; what does not fit waits in its
 * project's own line, which is bounded, and beyond that is refused with 429 and `Retry-After`.
 *
 * While a project waits that could be served, no other is served twice.
 */
export class FairQueue {
  readonly #options: Required<Omit<FairQueueOptions, 'patienceMs' | 'onRefused'>> &
    Pick<FairQueueOptions, 'patienceMs' | 'onRefused'>;
  readonly #ring: Ring = new Map();
  readonly #running = new Counts();
  readonly #waiting = new Counts();

  constructor(options: FairQueueOptions) {
    const perProject = options.perProject ?? Math.ceil(options.atOnce / 2);
    const perSubject = options.perSubject ?? Math.ceil(perProject / 2);
    this.#options = {
      waiting: options.atOnce * 4,
      waitingPerProject: perProject * 4,
      waitingPerSubject: perSubject * 4,
      retryAfterSeconds: 2,
      ...options,
      perProject,
      perSubject,
    };
  }

  /** How many are being done, and how many wait. */
  get state(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.all, waiting: this.#waiting.all };
  }

  /**
   * Does something when its turn has come.
   * @param signal aborts when the caller goes away: what waits then leaves the line, and its reason is thrown. What has
   *   begun has to heed it itself.
   * @throws Problem 429 when too much waits, or it has waited too long.
   */
  async run<Result>(caller: Caller, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const leave = await this.enter(caller, signal);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Resolves when there is a place, with what gives it back; to be called once, and again does nothing. */
  async enter(caller: Caller, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running.all >= this.#options.atOnce || !this.#mayRun(caller)) await this.#wait(caller, signal);
    else this.#running.add(caller, 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#running.add(caller, -1);
      this.#serve();
    };
  }

  #wait(caller: Caller, signal: AbortSignal): Promise<void> {
    const { waiting, waitingPerProject, waitingPerSubject, patienceMs, plural } = this.#options;
    if (waiting === 0) throw this.#refusal(this.#full(caller));
    if (this.#waiting.ofSubject(caller) >= waitingPerSubject) {
      throw this.#refusal(`${waitingPerSubject} ${plural} of this token wait already`);
    }
    if (this.#waiting.ofProject(caller) >= waitingPerProject) {
      throw this.#refusal(`${waitingPerProject} ${plural} of this project wait already`);
    }
    if (this.#waiting.all >= waiting) throw this.#refusal(`${waiting} ${plural} wait already`);
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        this.#waiting.add(caller, -1);
      };
      const waiter: Waiter = {
        caller,
        start: () => {
          leave();
          this.#running.add(caller, 1);
          resolve();
        },
      };
      const giveUp = (reason: unknown) => {
        this.#remove(waiter);
        leave();
        reject(reason);
      };
      const abort = () => giveUp(signal.reason);
      const timer =
        patienceMs === undefined
          ? undefined
          : setTimeout(() => giveUp(this.#refusal(`there was no place for ${patienceMs / 1000} s`)), patienceMs);
      this.#waiting.add(caller, 1);
      signal.addEventListener('abort', abort, { once: true });
      const subjects = this.#ring.get(caller.project) ?? new Map<string, Waiter[]>();
      this.#ring.set(caller.project, subjects);
      subjects.set(caller.subject, [...(subjects.get(caller.subject) ?? []), waiter]);
    });
  }

  /** Fills the places that are free. */
  #serve(): void {
    while (this.#running.all < this.#options.atOnce) {
      const next = this.#next();
      if (!next) return;
      this.#remove(next);
      next.start();
    }
  }

  /** The first of the first token of the first project that may have a place; both then go to the end of their rings. */
  #next(): Waiter | undefined {
    for (const [project, subjects] of this.#ring) {
      for (const [subject, [first]] of subjects) {
        if (!first || !this.#mayRun(first.caller)) continue;
        rotate(subjects, subject);
        rotate(this.#ring, project);
        return first;
      }
    }
    return undefined;
  }

  #mayRun(caller: Caller): boolean {
    const { perProject, perSubject } = this.#options;
    return this.#running.ofProject(caller) < perProject && this.#running.ofSubject(caller) < perSubject;
  }

  /** Which share is used up, where nobody waits. */
  #full(caller: Caller): string {
    const { perSubject, perProject, atOnce, plural } = this.#options;
    if (this.#running.ofSubject(caller) >= perSubject)
      return `this token has ${perSubject}, the most that one may have`;
    if (this.#running.ofProject(caller) >= perProject)
      return `the project has ${perProject}, the most that one may have`;
    return `there are ${atOnce} ${plural}, the most that this process takes`;
  }

  #remove(waiter: Waiter): void {
    const { project, subject } = waiter.caller;
    const subjects = this.#ring.get(project);
    const left = subjects?.get(subject)?.filter((each) => each !== waiter) ?? [];
    if (left.length > 0) subjects?.set(subject, left);
    else subjects?.delete(subject);
    if (subjects?.size === 0) this.#ring.delete(project);
  }

  #refusal(reason: string): Problem {
    const { plural, retryAfterSeconds, onRefused } = this.#options;
    onRefused?.();
    return new Problem(429, {
      code: `too_many_${plural.replaceAll(' ', '_')}`,
      detail: `Too many ${plural} at once: ${reason}. Try again in ${retryAfterSeconds} s.`,
      retryAfterSeconds,
    });
  }
}

/** How many there are, altogether, by project and by subject. */
class Counts {
  all = 0;
  readonly #projects = new Map<string, number>();
  readonly #subjects = new Map<string, number>();

  ofProject({ project }: Caller): number {
    return this.#projects.get(project) ?? 0;
  }

  ofSubject({ subject }: Caller): number {
    return this.#subjects.get(subject) ?? 0;
  }

  add(caller: Caller, change: 1 | -1): void {
    this.all += change;
    put(this.#projects, caller.project, this.ofProject(caller) + change);
    put(this.#subjects, caller.subject, this.ofSubject(caller) + change);
  }
}

function put(counts: Map<string, number>, key: string, count: number): void {
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function rotate<Value>(ring: Map<string, Value>, key: string): void {
  const value = ring.get(key);
  if (value === undefined) return;
  ring.delete(key);
  ring.set(key, value);
}
