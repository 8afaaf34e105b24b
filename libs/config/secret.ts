import { inspect } from 'node:util';
import { redacted } from '@tailrace/errors/redacted.ts';

/** A value that is never printed: not by a logger, JSON, string interpolation or the debugger's inspection. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way to the value. Give it straight to what needs it and keep no copy. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
