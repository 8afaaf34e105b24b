import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Compression } from './compression.ts';
import type { Naming } from './naming.ts';

/** SASL as Kafka names it (KIP-43, RFC 4616, RFC 5802). */
export interface SaslSettings {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

/** What a driver gets, checked and with defaults filled in. */
export interface KafkaSettings {
  /** `host:port`, any of them enough to find the others. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly naming: Naming;
  readonly compression: Compression;
  /** Left out: plain text. `{}`: TLS with the system's certificate authorities. */
  readonly tls?: TlsOptions;
  readonly sasl?: SaslSettings;
  readonly logger: Logger;
  /** How long one request may take before its connection is given up, milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long calls that can safely be repeated are repeated while the broker is unreachable, milliseconds. */
  readonly retryTimeoutMs: number;
  /** `transaction.timeout.ms`: after this the broker aborts what a dead producer left open. */
  readonly transactionTimeoutMs: number;
}
