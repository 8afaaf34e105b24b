import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { Cloud } from '../store/cloud-event.ts';
import { type Fault, type FaultKind, faultSchema } from './fault.ts';

/** A fault that was put in. */
export interface InjectedFault {
  readonly id: number;
  readonly fault: Fault;
  /** How often it was met so far. */
  readonly met: number;
  /** Takes it out again. */
  clear(): void;
}

class Injection implements InjectedFault {
  readonly id: number;
  readonly fault: Fault;
  readonly until: number;
  readonly #random: Random;
  readonly #clear: () => void;
  met = 0;
  chances = 0;

  constructor(id: number, fault: Fault, until: number, random: Random, clear: () => void) {
    this.id = id;
    this.fault = fault;
    this.until = until;
    this.#random = random;
    this.#clear = clear;
  }

  clear(): void {
    this.#clear();
  }

  /** Whether it is met this time. */
  strikes(): boolean {
    this.chances += 1;
    if (this.chances <= (this.fault.skip ?? 0)) return false;
    if (!this.#random.chance(this.fault.probability ?? 1)) return false;
    this.met += 1;
    return true;
  }

  get spent(): boolean {
    return this.fault.count !== undefined && this.met >= this.fault.count;
  }
}

/** The faults that are waiting. Which chance meets one depends on the seed and on the order of the requests alone. */
export class FaultInjector {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #injections = new Map<number, Injection>();
  readonly #listeners = new Set<() => void>();
  #lastId = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Throws for a fault that its cloud cannot show: it would wait for ever. */
  inject(given: Fault): InjectedFault {
    const fault = faultSchema.parse(given);
    this.#lastId += 1;
    const id = this.#lastId;
    const until = fault.forMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() + fault.forMs;
    const random = this.#random.fork(`fault ${id}`);
    const injection = new Injection(id, fault, until, random, () => this.#injections.delete(id));
    this.#injections.set(id, injection);
    for (const listener of this.#listeners) listener();
    return injection;
  }

  /** Calls back after each fault that is put in: for what must fail at once, not at the next request. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Those not yet spent. */
  get waiting(): readonly InjectedFault[] {
    return [...this.#injections.values()];
  }

  /** Takes out one, or all. Answers whether there was one. */
  clear(id?: number): boolean {
    if (id !== undefined) return this.#injections.delete(id);
    const any = this.#injections.size > 0;
    this.#injections.clear();
    return any;
  }

  /** The fault this request or event meets, if any, of the kinds its caller can show. Uses it up by one. */
  meet(cloud: Cloud, operation: string, ...kinds: readonly FaultKind[]): Fault | undefined {
    for (const injection of this.#injections.values()) {
      const { fault } = injection;
      if (injection.until <= this.#clock.now()) injection.clear();
      else if (
        fault.cloud === cloud &&
        kinds.includes(fault.kind) &&
        (fault.operation === undefined || fault.operation === operation) &&
        injection.strikes()
      ) {
        if (injection.spent) injection.clear();
        return fault;
      }
    }
    return undefined;
  }
}
