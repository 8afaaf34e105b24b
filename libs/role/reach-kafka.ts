import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, remedyOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';

const firstPauseMs = 250;
const longestPauseMs = 5000;

interface ReachOptions {
  readonly kafka: Kafka;
  readonly topics: readonly TopicSpec[];
  readonly replicationFactor: number;
  readonly logger: Logger;
  /** Told why Kafka could not be used, at each attempt. */
  readonly onAttempt: (reason: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Waits until Kafka answers and has every topic, creating what is missing. A process may be started before its broker.
 * @throws TailraceError `kafka.topic_mismatch` when a topic is there with other partitions than declared: keys would go
 * to other partitions than their history. Whatever Kafka says that no retry can mend is thrown as well.
 */
export async function reachKafka(options: ReachOptions): Promise<void> {
  const { kafka, topics, replicationFactor, logger, onAttempt, signal } = options;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    signal.throwIfAborted();
    try {
      const found = await kafka.admin.createTopics(topics, { replicationFactor });
      for (const topic of topics) requirePartitions(topic, found.find((each) => each.name === topic.name)?.partitions);
      return;
    } catch (error) {
      if (remedyOf(error) === 'give-up') throw error;
      const reason = messageOf(error);
      onAttempt(reason);
      logger.warn({ err: error, retryInMs: pauseMs }, `Kafka cannot be used yet: ${reason}`);
      await delay(pauseMs, undefined, { signal });
    }
  }
}

function requirePartitions(topic: TopicSpec, partitions: number | undefined): void {
  if (partitions === undefined || partitions === topic.partitions) return;
  throw new TailraceError(`topic ${topic.name} has ${partitions} partitions where Tailrace needs ${topic.partitions}`, {
    code: 'kafka.topic_mismatch',
    remedy: 'give-up',
    help: 'Delete the topic if it holds nothing of worth, or choose another TOPIC_PREFIX; Tailrace creates its topics itself.',
  });
}
