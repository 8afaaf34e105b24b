import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Compression } from './compression.ts';
import type { Kafka } from './kafka.ts';
import { naming } from './naming.ts';
import type { KafkaSettings, SaslSettings } from './settings.ts';

export interface KafkaOptions {
  /** `host:port`, any of them enough to find the others. */
  readonly brokers: readonly string[];
  /** Which driver speaks to Kafka. Default: the faster one, `platformatic`. */
  readonly client?: 'platformatic' | 'kafkajs';
  /** Put before every topic, group and transactional id. Default none. */
  readonly topicPrefix?: string;
  /** Of produced records. Default `zstd`. */
  readonly compression?: Compression;
  /** How brokers name this client in their logs, metrics and quotas. Default `tailrace`. */
  readonly clientId?: string;
  /** Left out: plain text. `{}`: TLS with the system's certificate authorities. */
  readonly tls?: TlsOptions;
  readonly sasl?: SaslSettings;
  readonly logger: Logger;
  /** How long one request may take before its connection is given up. Default 15,000 ms. */
  readonly requestTimeoutMs?: number;
  /** How long calls that can safely be repeated are repeated while the broker is unreachable. Default 15,000 ms. */
  readonly retryTimeoutMs?: number;
  /** `transaction.timeout.ms`: after this the broker aborts what a dead producer left open. Default 30,000 ms. */
  readonly transactionTimeoutMs?: number;
}

/**
 * Opens a client of real Kafka brokers. Only the chosen driver is loaded. Nothing is connected yet: the first call
 * does that, so an unreachable broker is that call's error.
 */
export async function openKafka(options: KafkaOptions): Promise<Kafka> {
  if (options.brokers.length === 0) {
    throw new TailraceError('no Kafka broker is given', {
      code: 'kafka.no_brokers',
      remedy: 'give-up',
      help: 'Set KAFKA_BROKERS to host:port of one or more brokers, separated by commas.',
    });
  }
  const settings: KafkaSettings = {
    brokers: options.brokers,
    clientId: options.clientId ?? 'tailrace',
    naming: naming(options.topicPrefix ?? ''),
    compression: options.compression ?? 'zstd',
    ...(options.tls && { tls: options.tls }),
    ...(options.sasl && { sasl: options.sasl }),
    logger: options.logger,
    requestTimeoutMs: options.requestTimeoutMs ?? 15_000,
    retryTimeoutMs: options.retryTimeoutMs ?? 15_000,
    transactionTimeoutMs: options.transactionTimeoutMs ?? 30_000,
  };
  if (options.client === 'kafkajs') {
    const { kafkajsKafka } = await import('./kafkajs/kafkajs-kafka.ts');
    return kafkajsKafka(settings);
  }
  const { platformaticKafka } = await import('./platformatic/platformatic-kafka.ts');
  return platformaticKafka(settings);
}
