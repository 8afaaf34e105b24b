import type { Connector } from '../contract/configure.ts';
import type { ConnectorFailure } from '../contract/connector-error.ts';

/** An event to be put into the cloud. Times are microseconds since the epoch; now where left out. */
export interface CloudEvent {
  /** Stands in the event's payload, wherever that provider keeps its message. */
  readonly text: string;
  readonly timestamp?: number;
  /** When the cloud takes it in. */
  readonly observedTimestamp?: number;
  /** How long after that its API begins to show it. */
  readonly visibleAfterMs?: number;
}

/** What can be made to go wrong. */
export type CloudFaultKind =
  | 'throttle'
  | 'server-error'
  | 'connection-reset'
  /** No answer, ever. */
  | 'hang'
  /** Half an answer. */
  | 'truncate'
  | 'expired-credentials'
  | 'access-denied'
  /** No events although there are some, and a token to go on with. */
  | 'empty-page'
  /** At most one event in the page. */
  | 'short-page'
  /** An event stands twice in the answer. */
  | 'duplicate'
  | 'expired-page-token'
  /** Some of the rows, and an error. */
  | 'partial-error'
  /** The tail ends. */
  | 'stream-cut'
  /** The tail leaves events out, and says so. */
  | 'suppress';

export interface CloudFault {
  readonly kind: CloudFaultKind;
  /** How often it is met; until faults are cleared when left out. */
  readonly count?: number;
  /** How many chances pass before the first. */
  readonly skip?: number;
  readonly retryAfterSeconds?: number;
}

/** What a cloud has. Tests of what it does not have are not made, so that none is counted as passed. */
export interface CloudFeatures {
  /** Faults that its stand-in can show. */
  readonly faults: readonly CloudFaultKind[];
  /** Whether its source has a push path. */
  readonly tail: boolean;
}

/** A stand-in for the provider, and the connector that reads it through the provider's own SDK. */
export interface CloudUnderTest {
  readonly connector: Connector;
  /** A complete `connection_config`, secrets included, that works. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Configurations that cannot work, and what the connection test must say of each. At least one wrong secret. */
  readonly badConfigs: readonly {
    readonly name: string;
    readonly config: Readonly<Record<string, unknown>>;
    readonly failure: ConnectorFailure;
  }[];
  /** Values of the configuration that must not stand in any message. */
  readonly secrets: readonly string[];
  /** The events can be read, from their visible time on, when it resolves. */
  emit(events: readonly CloudEvent[]): void | Promise<void>;
  inject(fault: CloudFault): void;
  clearFaults(): void;
  /** When each request of a sweep arrived, milliseconds since the epoch; refused ones too. */
  readRequests(): readonly number[];
  stop(): Promise<void>;
}
