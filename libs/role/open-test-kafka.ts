import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type KafkaOptions, openKafka } from '@tailrace/kafka/open-kafka.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';

/** A client of the tests' broker that waits long: all topics are hundreds of partitions, on a disk that others use. */
export function openTestKafka(topicPrefix: string, options: Partial<KafkaOptions> = {}): Promise<Kafka> {
  return openKafka({
    brokers: (process.env.TEST_KAFKA_BROKERS ?? '').split(','),
    topicPrefix,
    logger: createLogger({ level: 'silent' }),
    requestTimeoutMs: 60_000,
    retryTimeoutMs: 120_000,
    ...options,
  });
}
