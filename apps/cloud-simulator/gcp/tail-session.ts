import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Clock } from '../clock.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import { msOf } from '../instant.ts';
import type { CloudEvent, GcpEvent } from '../store/cloud-event.ts';
import { compareGcp } from '../store/event-store.ts';
import type { Ledger } from '../store/ledger.ts';
import { GcpError } from './gcp-error.ts';
import { logEntryOf } from './log-entry.ts';
import type { TailLogEntriesRequest, TailLogEntriesResponse } from './messages.ts';

export type TailCall = ServerDuplexStream<TailLogEntriesRequest, TailLogEntriesResponse>;

interface TailParts {
  readonly clock: Clock;
  readonly faults: FaultInjector;
  readonly ledger: Ledger;
}

/** What a session shows and how long it waits to order it. */
export interface TailQuery {
  readonly projects: readonly string[];
  readonly chosen: (event: GcpEvent) => boolean;
  readonly bufferMs: number;
}

/** The server ends a session after this time. As users of Cloud Logging report it; no document says so. */
const longestSessionMs = 3_600_000;

/** Entries that wait for a client that does not read; further ones are suppressed as NOT_CONSUMED. */
const mostWaiting = 10_000;

/**
 * One TailLogEntries session: shows what becomes visible from its start on. Entries wait for the buffer window, and come
 * out of it ordered. Whatever is in the window when the session ends, by fault or otherwise, is not shown.
 */
export class TailSession {
  readonly #call: TailCall;
  readonly #parts: TailParts;
  readonly #query: TailQuery;
  readonly #cancels = new Set<() => void>();
  #buffer: GcpEvent[] = [];
  #suppressed = { RATE_LIMIT: 0, NOT_CONSUMED: 0 };
  #flushing = false;
  #blocked = false;
  #ended = false;

  constructor(call: TailCall, query: TailQuery, parts: TailParts) {
    this.#call = call;
    this.#query = query;
    this.#parts = parts;
    const { ledger, faults, clock } = parts;
    this.#cancels.add(ledger.listen((events) => this.#take(events)));
    this.#cancels.add(faults.listen(() => this.#cutIfTold()));
    this.#cancels.add(clock.at(clock.now() + longestSessionMs, () => this.#cut('the maximum duration is reached')));
    call.on('drain', () => this.#unblock());
    this.#cutIfTold();
  }

  /** Stops showing. Idempotent. */
  end(): void {
    this.#ended = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#buffer = [];
  }

  #take(events: readonly CloudEvent[]): void {
    for (const event of events) {
      if (event.cloud !== 'gcp' || !this.#query.projects.includes(event.scope) || !this.#query.chosen(event)) continue;
      this.#later(msOf(event.visibleTime), () => this.#show(event));
    }
  }

  #show(event: GcpEvent): void {
    if (this.#parts.faults.meet('gcp', 'TailLogEntries', 'suppress') !== undefined) this.#suppressed.RATE_LIMIT += 1;
    else if (this.#blocked && this.#buffer.length >= mostWaiting) this.#suppressed.NOT_CONSUMED += 1;
    else this.#buffer.push(event);
    if (this.#flushing || this.#blocked) return;
    this.#flushing = true;
    this.#later(this.#parts.clock.now() + this.#query.bufferMs, () => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    this.#cutIfTold();
    if (this.#ended || this.#blocked) return;
    const events = this.#buffer.sort(compareGcp);
    const last = events.at(-1);
    const twice = last !== undefined && this.#parts.faults.meet('gcp', 'TailLogEntries', 'duplicate') !== undefined;
    const suppressionInfo = (['RATE_LIMIT', 'NOT_CONSUMED'] as const)
      .map((reason) => ({ reason, suppressedCount: this.#suppressed[reason] }))
      .filter(({ suppressedCount }) => suppressedCount > 0);
    this.#buffer = [];
    this.#suppressed = { RATE_LIMIT: 0, NOT_CONSUMED: 0 };
    const entries = (twice ? [...events, last] : events).map(logEntryOf);
    if (entries.length + suppressionInfo.length > 0) this.#blocked = !this.#call.write({ entries, suppressionInfo });
  }

  /** The client reads again. */
  #unblock(): void {
    this.#blocked = false;
    this.#flush();
  }

  #cutIfTold(): void {
    if (this.#ended || this.#parts.faults.meet('gcp', 'TailLogEntries', 'stream-cut') === undefined) return;
    this.#cut('the session is cut');
  }

  #cut(why: string): void {
    this.end();
    this.#call.emit('error', new GcpError(status.OUT_OF_RANGE, `The tail session has ended: ${why}.`));
  }

  /** At once where the time has come, or by the clock. */
  #later(time: number, action: () => void): void {
    if (time <= this.#parts.clock.now()) {
      action();
      return;
    }
    const cancel = this.#parts.clock.at(time, () => {
      this.#cancels.delete(cancel);
      action();
    });
    this.#cancels.add(cancel);
  }
}
