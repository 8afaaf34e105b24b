import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** Deletes what a test's processes created under its prefix, since the broker of tests may be one that stays. */
export async function deleteTestTopics(topicPrefix: string): Promise<void> {
  const kafka = await openKafka({
    brokers: (process.env.TEST_KAFKA_BROKERS ?? '').split(','),
    topicPrefix,
    logger: createLogger({ level: 'silent' }),
    // Hundreds of partitions, on a disk that others use.
    requestTimeoutMs: 60_000,
    retryTimeoutMs: 120_000,
  });
  await kafka.admin.deleteTopics(Object.values(topics).map((topic) => topic.name)).finally(() => kafka.close());
}
