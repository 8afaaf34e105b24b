import type { FieldUses } from '@tailrace/credentials/field-uses.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { output, ZodObject } from 'zod';

/** One event as the provider returns it. */
export interface SourceEvent {
  /** The provider's identity of the event: the same on every read, unique within the connection. */
  readonly id: string;
  /** Event time, microseconds since the epoch. */
  readonly timestamp: number;
  /** What the event time has below the microsecond, 0 to 999. */
  readonly timestampNanos: number;
  /** When the provider ingested it, microseconds since the epoch, by the provider's clock. */
  readonly observedTimestamp: number;
  /** The source stream within the connection. */
  readonly stream: string;
  /** The provider's event as JSON text, whole. */
  readonly payload: string;
}

/** What one request to the provider gave. Empty pages are legal in the middle of a sweep. */
export interface Page {
  readonly events: readonly SourceEvent[];
  /**
   * The provider's clock when it answered (HTTP `Date`), microseconds; a cut to whole seconds is fine, being ahead is not.
   * Undefined where it does not say: then this machine's clock is trusted.
   */
  readonly providerTime?: number;
  /** The last page of its sweep, where the answer says so: the limiter is then not asked for one more request. */
  readonly last?: boolean;
}

/**
 * Half-open [start, end), microseconds since the epoch, whole milliseconds. The end of the newest sweep lies in the
 * future, past any time that a provider accepts. Events outside are harmless; events left out are lost.
 */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Which of an event's two times a sweep's range selects. AWS and GCP filter by event time; Azure by ingestion time.
 * The runner's bookkeeping is the same for both (see sweep-plan.ts).
 */
export type SweepAxis = 'event' | 'ingestion';

/** One of the overlapping looks back: "the last `lookbackMs`, every `everyMs`". Shortest first. */
export interface SweepTier {
  readonly lookbackMs: number;
  readonly everyMs: number;
}

/** Requests a provider takes, shared by every connection of the process with the same key (account and region, project). */
export interface Quota {
  readonly key: string;
  readonly requests: number;
  readonly perMs: number;
  /** Requests at once; unlimited when left out. */
  readonly concurrency?: number;
}

/** A message from the low-latency path. It is never the truth: sweeps are. */
export type TailMessage =
  | { readonly kind: 'events'; readonly events: readonly SourceEvent[] }
  /** The provider left something out, or the stream was cut: sweep now. */
  | { readonly kind: 'incomplete'; readonly reason: string };

/**
 * An open source. A connector only reads: the runner owns batching, checkpoint, deduplication, limiter, retry, status.
 *
 * Delivery rules, each checked by `conformance.ts`:
 * 1. A sweep that ends without throwing has yielded every event the provider showed for its range; anything else throws.
 *    A partial answer is an error.
 * 2. One page is one request. The provider is asked only when the consumer pulls, so the limiter counts each request.
 * 3. Nothing is remembered between sweeps: no cursor, no page token survives a generator. The same range can be swept
 *    again and yields the same ids.
 * 4. Every failure is a `ConnectorError` whose kind says what to do. SDKs do not retry by themselves.
 * 5. An abort ends the generator within a second, with the request cancelled.
 */
export interface Source {
  /** Calls the cloud: credentials, permission, existence. Throws a `ConnectorError` in plain language otherwise. */
  test(signal: AbortSignal): Promise<void>;
  sweep(range: TimeRange, signal: AbortSignal): AsyncIterable<Page>;
  /** Where the provider has a push path. Ends or throws when the stream is cut; the runner opens it again. */
  tail?(signal: AbortSignal): AsyncIterable<TailMessage>;
  close(): Promise<void>;
}

export interface SourceDeps {
  readonly logger: Logger;
}

/** A kind of cloud source: the whole of what a fourth cloud must bring. One folder, one exported definition. */
export interface ConnectorDefinition<Schema extends ZodObject = ZodObject> {
  readonly provider: Provider;
  /** The service as people know it: `AWS CloudWatch Logs`. Left out: the provider. */
  readonly title?: string;
  /** Fields that say what a connection reads, in a few words: its log group and region. Left out: none. */
  readonly sourceFields?: readonly (keyof output<Schema> & string)[];
  /** Validates `connection_config`; descriptions document each field. Settings all connectors share: `settings.ts`. */
  readonly configSchema: Schema;
  /**
   * Which fields are sealed and never come back, and which decide where those go. An address is an endpoint: a URL or
   * `host:port`, accepted only when its host is in CLOUD_ENDPOINT_ALLOWLIST. The provider's own hosts need none.
   */
  readonly fields: FieldUses<Schema>;
  /**
   * Whether a configuration reads the cloud as the machine that ingest runs on, having no credentials of its own. Only
   * installations with CLOUD_HOST_CREDENTIALS=true take it: elsewhere anybody who may add a connection would borrow it.
   */
  readonly usesHostIdentity?: (config: output<Schema>) => boolean;
  readonly axis: SweepAxis;
  readonly tiers: (config: output<Schema>) => readonly SweepTier[];
  readonly quota: (config: output<Schema>) => Quota;
  /** Goes to every raw record: log group and region, workspace, project. No secrets. */
  readonly describe: (config: output<Schema>) => Readonly<Record<string, string>>;
  readonly open: (config: output<Schema>, deps: SourceDeps) => Source;
}
