import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { ConnectionError } from '@tailrace/schemas/generated/connection-error.ts';
import type { ConnectionState } from '@tailrace/schemas/generated/connection-state.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { HeldBack } from '@tailrace/schemas/generated/held-back.ts';
import type { RewindStatus } from '@tailrace/schemas/generated/rewind-status.ts';
import { ConnectorError } from '../contract/connector-error.ts';
import { Completeness, type Hindrance, type ReadingProgress } from './completeness.ts';
import { ConnectionStatistics } from './connection-statistics.ts';

/** Which connection a status is about, and who says so. */
export interface ReportSubject {
  readonly connectionId: string;
  readonly projectId: string;
  /** The version of the connection that is run. */
  readonly version: number;
  /** Host and process. */
  readonly owner: string;
}

export interface ReportOptions extends ReportSubject {
  /** Counts go on from it. */
  readonly previous?: ConnectionStatus | undefined;
  readonly publish: (status: ConnectionStatus) => void;
  /** How often the newest events are looked for. */
  readonly pollIntervalMs?: number;
}

/** Two states that take turns are reported this often. */
const stateEveryMs = 1000;
const numbersEveryMs = 5000;
/** An idle connection's watermark moves all the time; that alone is reported seldom. */
const watermarkEveryMs = 60_000;
const idleAfterMs = 60_000;
/** What stands still makes no change that could be reported, so it is looked at from time to time. */
const lookEveryMs = 5000;
/** A wait for the limiter's turn that is shorter is no hindrance. */
const longTurnMs = 2000;

/** Parts of a run that fail by themselves: the newest events first, since theirs decides what a person sees. */
export type RunPart = 'live' | 'rest' | 'rewind';

/** A request that waits for its turn. */
interface Turn {
  readonly since: number;
  readonly limit: string;
}

/**
 * What a connection's status says, and when it is published: a change of state at once, numbers every few seconds while
 * they change, nothing while all is quiet.
 */
export class ConnectionReport {
  readonly statistics: ConnectionStatistics;
  /** Set by the run as soon as it knows. */
  progress: () => ReadingProgress | undefined = () => undefined;
  /** How far the last rewind has come; set by a run that has one. */
  rewind: () => RewindStatus | null;
  readonly #options: ReportOptions;
  readonly #failures = new Map<RunPart, ConnectionError & { readonly state: ConnectionState; timedOut: boolean }>();
  readonly #completeness: Completeness;
  readonly #turns = new Set<Turn>();
  #lastError: ConnectionError | null;
  #hasRead = false;
  #state: ConnectionState;
  #stateSince: number;
  #published: { readonly at: number; readonly state: ConnectionState; readonly mark: string } | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #looks: NodeJS.Timeout;

  constructor(options: ReportOptions) {
    this.#options = options;
    this.statistics = new ConnectionStatistics(options.previous);
    this.rewind = () => options.previous?.rewind ?? null;
    this.#lastError = options.previous?.last_error ?? null;
    this.#state = 'starting';
    this.#stateSince = nowMicros();
    const { previous, pollIntervalMs } = options;
    this.#completeness = new Completeness(previous?.complete_up_to ?? null, nowMicros(), pollIntervalMs);
    this.#looks = setInterval(() => this.changed(), lookEveryMs).unref();
  }

  /**
   * A request waits for its turn, since the provider takes no more.
   * @param limit what it takes, in words.
   * @returns to be called when its turn has come, or nobody waits any more.
   */
  awaitsTurn(limit: string): () => void {
    const turn: Turn = { since: nowMicros(), limit };
    this.#turns.add(turn);
    return () => this.#turns.delete(turn);
  }

  /** @param retryInMs when it is tried again. */
  failed(part: RunPart, error: unknown, retryInMs: number): void {
    const now = nowMicros();
    const known = error instanceof TailraceError ? error : undefined;
    this.#lastError = {
      code: known?.code ?? 'connector.failed',
      message: messageOf(error),
      help: known?.help ?? null,
      at: now,
      retry_at: now + Math.round(retryInMs * 1000),
    };
    this.#failures.set(part, {
      ...this.#lastError,
      state: stateOf(error),
      timedOut: error instanceof ConnectorError && error.timedOut,
    });
    this.changed();
  }

  succeeded(part: RunPart): void {
    this.#failures.delete(part);
    if (part === 'live') this.#hasRead = true;
    this.changed();
  }

  /** Publishes what is worth it, now or later. */
  changed(): void {
    const state = this.#currentState();
    if (state !== this.#state) {
      this.#state = state;
      this.#stateSince = nowMicros();
    }
    const due = this.#publishInMs();
    if (due === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (due <= 0) this.#publish();
    else this.#timer = setTimeout(() => this.changed(), due).unref();
  }

  /** The last word: what the connection is left in. */
  close(): void {
    clearInterval(this.#looks);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#mark() !== this.#published?.mark) this.#publish();
  }

  #currentState(): ConnectionState {
    const failure = this.#failures.get('live') ?? this.#restFailure();
    if (failure) return failure.state;
    if (!this.#hasRead) return 'starting';
    const { lastEventSeenAt } = this.statistics;
    const quiet = lastEventSeenAt === null || nowMicros() - lastEventSeenAt > idleAfterMs * 1000;
    return quiet ? 'idle' : 'running';
  }

  /** What is in the way of reading now: what failed, else the quota that is waited for. */
  #hindrance(): Hindrance | undefined {
    const failure = this.#failures.get('live') ?? this.#failures.get('rest');
    if (failure) {
      const reason = failure.state === 'throttled' ? 'quota' : failure.timedOut ? 'timeout' : 'error';
      return { reason, detail: failure.message, help: failure.help };
    }
    const longAgo = nowMicros() - longTurnMs * 1000;
    for (const { since, limit } of this.#turns) {
      if (since > longAgo) continue;
      return {
        reason: 'quota',
        detail: `Requests wait for their turn: ${limit}.`,
        help: 'Ask for a higher quota at the provider, raise poll_interval_ms, or have fewer connections share the quota.',
      };
    }
    return undefined;
  }

  #heldBack(now: number): HeldBack | null {
    const progress = this.progress();
    this.#completeness.observe(progress, now);
    return this.#completeness.heldBack(progress, this.#hindrance(), now);
  }

  /** The event time since when the source has been silent, while all is well. */
  #quietSince(heldBack: HeldBack | null): number | null {
    if (this.#state !== 'idle' || heldBack !== null) return null;
    return this.statistics.lastEventTime ?? this.progress()?.startTime ?? null;
  }

  /** That older events must wait for the quota is no state of the connection. */
  #restFailure() {
    const failure = this.#failures.get('rest');
    return failure?.state === 'throttled' ? undefined : failure;
  }

  /** How long until there is something to publish; undefined: not before something changes. */
  #publishInMs(): number | undefined {
    if (!this.#published) return 0;
    const sinceMs = (nowMicros() - this.#published.at) / 1000;
    if (this.#published.state !== this.#state) return stateEveryMs - sinceMs;
    if (this.#published.mark !== this.#mark()) return numbersEveryMs - sinceMs;
    return sinceMs >= watermarkEveryMs ? 0 : undefined;
  }

  /** Changes when something other than the passing of time has. Requests are made all the time. */
  #mark(): string {
    const { events, errors, throttles, skippedEvents } = this.statistics;
    const { id, position, finished_at: finishedAt } = this.rewind() ?? {};
    const { reason } = this.#heldBack(nowMicros()) ?? {};
    return [this.#state, events, errors, throttles, skippedEvents, id, position, finishedAt, reason].join();
  }

  #publish(): void {
    const { connectionId, projectId, version, owner, publish } = this.#options;
    const now = nowMicros();
    const heldBack = this.#heldBack(now);
    const { now: providerNow = 0, readUpTo } = this.progress() ?? {};
    this.#published = { at: now, state: this.#state, mark: this.#mark() };
    publish({
      connection_id: connectionId,
      project_id: projectId,
      connection_version: version,
      state: this.#state,
      state_since: this.#stateSince,
      updated_at: now,
      owner,
      ...this.statistics.numbers(now),
      lag_ms: readUpTo === undefined ? null : Math.max(0, Math.round((providerNow - readUpTo) / 1000)),
      complete_up_to: this.#completeness.upTo,
      quiet_since: this.#quietSince(heldBack),
      held_back: heldBack,
      last_error: this.#lastError && {
        ...this.#lastError,
        retry_at: this.#failures.size > 0 ? this.#lastError.retry_at : null,
      },
      rewind: this.rewind(),
    });
  }
}

/** The status of a connection that is not run. */
export function restingStatus(
  { connectionId, projectId, version, owner, previous }: Omit<ReportOptions, 'publish'>,
  state: ConnectionState,
  error?: unknown,
): ConnectionStatus {
  const now = nowMicros();
  const known = error instanceof TailraceError ? error : undefined;
  const same = previous?.state === state && previous.connection_version === version;
  return {
    connection_id: connectionId,
    project_id: projectId,
    connection_version: version,
    state,
    state_since: same ? previous.state_since : now,
    updated_at: now,
    owner,
    ...new ConnectionStatistics(previous).numbers(now),
    lag_ms: null,
    complete_up_to: previous?.complete_up_to ?? null,
    quiet_since: null,
    held_back: null,
    rewind: previous?.rewind ?? null,
    last_error:
      error === undefined
        ? (previous?.last_error ?? null)
        : {
            code: known?.code ?? 'connector.failed',
            message: messageOf(error),
            help: known?.help ?? null,
            at: now,
            retry_at: null,
          },
  };
}

function stateOf(error: unknown): ConnectionState {
  if (!(error instanceof ConnectorError)) return 'unreachable';
  return error.failure === 'range_too_large' ? 'invalid_config' : error.failure;
}

function nowMicros(): number {
  return Date.now() * 1000;
}
