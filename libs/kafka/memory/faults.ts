import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConnectionLostError } from '../errors.ts';
import type { ClientProcess } from './process.ts';

/** The calls that can be made to fail. */
export type Operation =
  | 'initProducerId'
  | 'produce'
  | 'send'
  | 'commitOffsets'
  | 'commit'
  | 'abort'
  | 'joinGroup'
  | 'committedOffsets'
  | 'offsets';

export interface Fault {
  readonly operation: Operation;
  /**
   * - `before`: the call never reaches the broker (the default);
   * - `after`: it takes effect and the answer is lost;
   * - `delayed`: the caller gives up on it, and it reaches the broker when the test delivers it.
   */
  readonly when?: 'before' | 'after' | 'delayed';
  /** What the caller gets; a `ConnectionLostError` when left out. */
  readonly error?: Error;
  /** The process dies at this point, so the caller learns nothing useful. */
  readonly crash?: boolean;
}

export interface PendingFault {
  /** Resolves when the call that fails has been made. */
  readonly struck: Promise<void>;
  /** Lets a delayed call reach the broker. @throws what the broker answers, which nobody hears. */
  deliver(): void;
}

interface Armed extends Fault {
  readonly process: ClientProcess | undefined;
  readonly strike: () => void;
  effect: (() => unknown) | undefined;
}

/** The failures a test has asked for, each of one call. */
export class Faults {
  readonly #armed: Armed[] = [];
  readonly #crash: (process: ClientProcess) => void;

  constructor(crash: (process: ClientProcess) => void) {
    this.#crash = crash;
  }

  /** @param process the client it is meant for; any client when undefined. */
  arm(fault: Fault, process: ClientProcess | undefined): PendingFault {
    const struck = Promise.withResolvers<void>();
    const armed: Armed = { ...fault, process, strike: struck.resolve, effect: undefined };
    this.#armed.push(armed);
    return {
      struck: struck.promise,
      deliver() {
        if (!armed.effect) throw new Error(`no delayed ${fault.operation} to deliver`);
        armed.effect();
      },
    };
  }

  /** Runs one call of a client with whatever was armed for it. */
  async call<Result>(operation: Operation, process: ClientProcess, effect: () => Result): Promise<Result> {
    // As a network would, give everything else a turn: a caller that does nothing else must not starve timers.
    await nextTurn();
    await process.running();
    const fault = this.#take(operation, process);
    if (!fault) return effect();
    if (fault.when === 'after') effect();
    if (fault.when === 'delayed') fault.effect = effect;
    if (fault.crash) this.#crash(process);
    fault.strike();
    throw fault.error ?? new ConnectionLostError(`${operation}: the connection was lost`);
  }

  #take(operation: Operation, process: ClientProcess): Armed | undefined {
    const index = this.#armed.findIndex(
      (fault) => fault.operation === operation && (fault.process ?? process) === process,
    );
    return index < 0 ? undefined : this.#armed.splice(index, 1)[0];
  }
}
