import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { OffsetOutOfRangeError, TopicRecreatedError } from '@tailrace/kafka/errors.ts';
import type { Kafka, Reader, TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { Backoff } from '../backoff.ts';

export interface FollowOptions<Value> {
  readonly kafka: Kafka;
  readonly topic: TopicSpec<Value>;
  readonly logger: Logger;
  readonly onValue: (value: Value) => void;
}

export interface Following {
  /** Why the topic cannot be read at the moment; undefined when it can. */
  readonly trouble: unknown;
  close(): Promise<void>;
}

/**
 * Reports every record that is written to a topic from now on, without a group: each process that follows sees all of
 * it. It survives a broker that goes away, and goes on where it was; what retention removed meanwhile is passed over.
 * For what is news to those who are there now, and is kept elsewhere. A value that cannot be decoded is logged.
 */
export async function followTopic<Value>(options: FollowOptions<Value>): Promise<Following> {
  const { kafka, topic, logger, onValue } = options;
  const stop = new AbortController();
  const backoff = new Backoff({ initialMs: 100, maxMs: 5000 });
  let positions = await liveEnd(kafka, topic.name);
  let trouble: unknown;

  async function read(reader: Reader): Promise<void> {
    for (const { topic: name, partition, records, nextOffset } of await reader.poll(stop.signal)) {
      positions = positions.with(partition, { topic: name, partition, offset: nextOffset });
      for (const { value, offset } of records) {
        if (value === null) continue;
        try {
          onValue(topic.codec.decode(value));
        } catch (err) {
          logger.error({ topic: name, partition, offset, err }, 'a record cannot be reported');
        }
      }
    }
  }

  async function follow(): Promise<void> {
    const reader = await kafka.reader({ positions, maxWaitMs: 5000 });
    try {
      while (!stop.signal.aborted) {
        await read(reader);
        trouble = undefined;
        backoff.reset();
      }
    } finally {
      await reader.close();
    }
  }

  const following = (async () => {
    while (!stop.signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (stop.signal.aborted) break;
        trouble = error;
        if (error instanceof OffsetOutOfRangeError || error instanceof TopicRecreatedError) {
          positions = await liveEnd(kafka, topic.name).catch(() => positions);
        }
        logger.warn(
          { topic: topic.name, err: error },
          `the live end cannot be read, trying again: ${messageOf(error)}`,
        );
        await backoff.wait(stop.signal);
      }
    }
  })();

  return {
    get trouble() {
      return trouble;
    },
    close: async () => {
      stop.abort();
      await following;
    },
  };
}

async function liveEnd(kafka: Kafka, topic: string): Promise<TopicPartitionOffset[]> {
  const ends = await kafka.admin.offsets(topic, 'last_stable');
  return ends.map((offset, partition) => ({ topic, partition, offset }));
}
