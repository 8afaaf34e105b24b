import type { JsonObject } from '../store/cloud-event.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Something thrown, as a runtime prints it. */
export interface Thrown {
  readonly type: string;
  readonly message: string;
  readonly cause?: Thrown;
}

/** What a service says, before its logging library gives it a form. */
export interface LogLine {
  readonly service: string;
  /** Host, pod or task. */
  readonly instance: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: Level;
  /** Class, module or component that says it. */
  readonly logger: string;
  readonly message: string;
  readonly fields: JsonObject;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly thrown?: Thrown;
}
