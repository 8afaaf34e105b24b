import type { Clock } from '../clock.ts';
import type { Cloud } from '../store/cloud-event.ts';

/** A request a simulated cloud got. */
export interface RequestRecord {
  readonly cloud: Cloud;
  readonly operation: string;
  /** `ok`, the provider's error code, or the fault that took the answer away. */
  readonly outcome: string;
  /** Milliseconds since the epoch, by the simulator's clock. */
  readonly at: number;
}

/** How many requests are remembered one by one; the counts go on. */
const remembered = 10_000;

/** In no operation's name, whatever a client sends: headers and paths hold no line feed. */
const separator = '\n';

/** What clients asked: for tests of limiters, retries and prompt stops. */
export class RequestLog {
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #records: RequestRecord[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(cloud: Cloud, operation: string, outcome: string): void {
    this.#records.push({ cloud, operation, outcome, at: this.#clock.now() });
    if (this.#records.length > 2 * remembered) this.#records = this.#records.slice(-remembered);
    const key = [cloud, operation, outcome].join(separator);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** The latest ones, oldest first. */
  get latest(): readonly RequestRecord[] {
    return this.#records.slice(-remembered);
  }

  /** How many requests there were, of one cloud, operation or outcome where given. */
  count(cloud?: Cloud, operation?: string, outcome?: string): number {
    let sum = 0;
    for (const [key, count] of this.#counts) {
      const [itsCloud, itsOperation, itsOutcome] = key.split(separator);
      if (cloud !== undefined && cloud !== itsCloud) continue;
      if (operation !== undefined && operation !== itsOperation) continue;
      if (outcome !== undefined && outcome !== itsOutcome) continue;
      sum += count;
    }
    return sum;
  }
}
