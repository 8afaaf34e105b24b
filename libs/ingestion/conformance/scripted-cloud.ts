import { z } from 'zod';
import { type Connector, connector } from '../contract/configure.ts';
import type { Page, Source, SourceEvent, SweepAxis, TailMessage, TimeRange } from '../contract/connector.ts';
import { ConnectorError } from '../contract/connector-error.ts';
import { connectionSettings, connectionSettingUses } from '../contract/settings.ts';
import type { CloudEvent, CloudFault, CloudFaultKind, CloudFeatures, CloudUnderTest } from './cloud-under-test.ts';

const key = 'a key that must not be shown';
const requestMs = 1;

interface StoredEvent {
  readonly event: SourceEvent;
  /** Milliseconds since the epoch. */
  readonly visibleAt: number;
}

/** What every scripted cloud has. */
export const scriptedFeatures: CloudFeatures = {
  faults: [
    'throttle',
    'server-error',
    'hang',
    'expired-credentials',
    'access-denied',
    'empty-page',
    'short-page',
    'duplicate',
    'partial-error',
  ],
  tail: false,
};

export interface ScriptedCloudOptions {
  readonly axis: SweepAxis;
  /** Whether it has a push path. */
  readonly tail?: boolean;
  /** It refuses ranges that hold more. */
  readonly maxRange?: number;
}

/**
 * The least cloud there can be, in memory: what the conformance suite and the runner are themselves tested with. Its
 * source keeps the delivery rules and talks to nobody.
 */
export class ScriptedCloud implements CloudUnderTest {
  readonly #options: ScriptedCloudOptions;
  readonly #events: StoredEvent[] = [];
  readonly #requests: number[] = [];
  readonly #listeners = new Set<() => void>();
  #injected: { fault: CloudFault; chances: number; met: number }[] = [];
  #sequence = 0;

  constructor(options: ScriptedCloudOptions) {
    this.#options = options;
    this.connector = connector({
      provider: 'aws',
      configSchema: z.object({
        ...connectionSettings({
          pollIntervalMs: { min: 10, max: 60_000, default: 100 },
          batchSize: { min: 1, max: 10_000, default: 1000 },
        }),
        group: z.string(),
        key: z.string(),
      }),
      fields: { ...connectionSettingUses, group: 'setting', key: 'secret' },
      axis: options.axis,
      tiers: (config) => [{ lookbackMs: 60_000, everyMs: config.poll_interval_ms }],
      quota: ({ group }) => ({ key: group, requests: 1000, perMs: 1000 }),
      describe: ({ group }) => ({ log_group: group }),
      open: (config) => this.#open(config.group, config.key, config.batch_size),
    });
  }

  readonly connector: Connector;
  readonly config = { group: 'group', key };
  readonly secrets = [key, 'wrong secret'];
  readonly badConfigs = [
    { name: 'a wrong key', config: { group: 'group', key: 'wrong secret' }, failure: 'auth_refused' },
    { name: 'an unknown group', config: { group: 'nowhere', key }, failure: 'not_found' },
    {
      name: 'a batch size over the limit',
      config: { group: 'group', key, batch_size: 20_000 },
      failure: 'invalid_config',
    },
  ] as const;

  emit(events: readonly CloudEvent[]): void {
    const now = Date.now() * 1000;
    for (const { text, timestamp = now, observedTimestamp = now, visibleAfterMs = 0 } of events) {
      this.#sequence += 1;
      const id = String(this.#sequence).padStart(8, '0');
      const payload = JSON.stringify({ message: text });
      const event = { id, timestamp, timestampNanos: 0, observedTimestamp, stream: 'stream', payload };
      this.#events.push({ event, visibleAt: observedTimestamp / 1000 + visibleAfterMs });
    }
    for (const listener of this.#listeners) listener();
  }

  inject(fault: CloudFault): void {
    this.#injected.push({ fault, chances: 0, met: 0 });
    for (const listener of this.#listeners) listener();
  }

  clearFaults(): void {
    this.#injected = [];
  }

  readRequests(): readonly number[] {
    return this.#requests;
  }

  async stop(): Promise<void> {
    this.#listeners.clear();
  }

  #open(group: string, givenKey: string, pageSize: number): Source {
    const request = async (signal: AbortSignal) => {
      if (givenKey !== key) throw new ConnectorError('auth_refused', 'the key was refused');
      if (group !== 'group') throw new ConnectorError('not_found', `there is no group ${group}`);
      await this.#answer(signal);
    };
    const source: Source = {
      test: request,
      sweep: (range, signal) => this.#sweep(range, signal, pageSize, request),
      close: async () => {},
    };
    return this.#options.tail ? { ...source, tail: (signal) => this.#tail(signal) } : source;
  }

  async *#sweep(
    range: TimeRange,
    signal: AbortSignal,
    pageSize: number,
    request: (signal: AbortSignal) => Promise<void>,
  ): AsyncGenerator<Page> {
    let after: readonly [number, string] = [Number.NEGATIVE_INFINITY, ''];
    for (;;) {
      this.#requests.push(Date.now());
      await request(signal);
      const providerTime = Date.now() * 1000;
      if (this.#meets('empty-page')) {
        yield { events: [], providerTime };
        continue;
      }
      const found = this.#visible(range, after);
      const { maxRange = Number.POSITIVE_INFINITY } = this.#options;
      if (this.#meets('partial-error') || found.length > maxRange) {
        throw new ConnectorError('range_too_large', 'only a part of the range was answered');
      }
      const events = found.slice(0, this.#meets('short-page') ? 1 : pageSize);
      const last = events.at(-1);
      if (last) after = [this.#axisTime(last), last.id];
      const isLast = events.length === found.length;
      yield { events: this.#meets('duplicate') ? [...events, ...events] : events, providerTime, last: isLast };
      if (isLast) return;
    }
  }

  async *#tail(signal: AbortSignal): AsyncGenerator<TailMessage> {
    let told = this.#events.length;
    while (!signal.aborted) {
      const ready = this.#events.slice(told).filter(({ visibleAt }) => visibleAt <= Date.now());
      told = this.#events.length;
      if (ready.length > 0 && this.#meets('suppress')) yield { kind: 'incomplete', reason: 'suppressed' };
      else if (ready.length > 0) yield { kind: 'events', events: ready.map(({ event }) => event) };
      if (this.#meets('stream-cut')) throw new ConnectorError('unreachable', 'the stream was cut');
      if (told === this.#events.length) await this.#news(signal);
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#listeners.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  async #answer(signal: AbortSignal): Promise<void> {
    if (this.#meets('hang')) await delay(3_600_000, signal);
    await delay(requestMs, signal);
    const throttle = this.#met('throttle');
    if (throttle) {
      const retryAfterMs = throttle.retryAfterSeconds === undefined ? undefined : throttle.retryAfterSeconds * 1000;
      throw new ConnectorError('throttled', 'too many requests', {
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      });
    }
    if (this.#meets('server-error')) throw new ConnectorError('unreachable', 'internal error');
    if (this.#meets('expired-credentials')) throw new ConnectorError('auth_refused', 'the key has expired');
    if (this.#meets('access-denied')) throw new ConnectorError('permission_denied', 'the key may not read this');
  }

  #meets(kind: CloudFaultKind): boolean {
    return this.#met(kind) !== undefined;
  }

  #met(kind: CloudFaultKind): CloudFault | undefined {
    for (const injected of this.#injected) {
      const { fault } = injected;
      if (fault.kind !== kind || injected.met >= (fault.count ?? Number.POSITIVE_INFINITY)) continue;
      injected.chances += 1;
      if (injected.chances <= (fault.skip ?? 0)) continue;
      injected.met += 1;
      return fault;
    }
    return undefined;
  }

  #visible(range: TimeRange, after: readonly [number, string]): SourceEvent[] {
    return this.#events
      .filter(({ visibleAt }) => visibleAt <= Date.now())
      .map(({ event }) => event)
      .filter((event) => {
        const time = this.#axisTime(event);
        const isBehind = time > after[0] || (time === after[0] && event.id > after[1]);
        return isBehind && time >= range.start && time < range.end;
      })
      .sort((left, right) => this.#axisTime(left) - this.#axisTime(right) || (left.id < right.id ? -1 : 1));
  }

  #axisTime(event: SourceEvent): number {
    return this.#options.axis === 'event' ? event.timestamp : event.observedTimestamp;
  }
}

/** With the timers of this realm, so that tests can move the clock. */
function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
