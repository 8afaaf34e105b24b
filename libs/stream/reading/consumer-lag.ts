import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, TopicPartition } from '@tailrace/kafka/kafka.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';

/** How far a consumer group is behind, measured when somebody looks. */
export interface ConsumerLag {
  /**
   * Measures a partition until the signal aborts, by the position that was given last: it goes on while the task that gave
   * it has failed and waits for its next try.
   * @param position of the next record that is to be processed.
   * @param ended aborts when the partition is another's.
   */
  follow(partition: TopicPartition, position: () => number, ended: AbortSignal): void;
}

/** A scrape does not wait longer for Kafka, milliseconds; what is not known then is left out. */
const patienceMs = 2000;
/** Scrapes that follow one another this closely share what was asked. */
const freshMs = 1000;

interface Followed extends TopicPartition {
  readonly position: () => number;
}

interface Ends {
  readonly at: number;
  readonly byTopic: Promise<ReadonlyMap<string, readonly number[]>>;
}

/**
 * `tailrace_consumer_lag_records`: the ends that the partitions have at the scrape, less the positions then, so that it
 * grows also while nothing is processed. A lag that cannot be asked for is left out, never shown as it was.
 */
export function consumerLag(metrics: Metrics, { admin }: Pick<Kafka, 'admin'>, group: string): ConsumerLag {
  const gauge = metrics.gauge({
    name: 'tailrace_consumer_lag_records',
    help: 'Committed records that the group has still to process, of the partitions that this process owns.',
    labels: ['group', 'topic', 'partition'] as const,
  });
  const followed = new Map<string, Followed>();
  const labels = ({ topic, partition }: TopicPartition) => ({ group, topic, partition });
  let last: Ends | undefined;

  function ends(): Ends['byTopic'] {
    if (last && performance.now() - last.at < freshMs) return last.byTopic;
    const topics = [...new Set([...followed.values()].map(({ topic }) => topic))];
    const byTopic = Promise.all(
      topics.map(async (topic) => [topic, await admin.offsets(topic, 'last_stable')] as const),
    ).then((found) => new Map(found));
    byTopic.catch(() => undefined);
    const asked = { at: performance.now(), byTopic };
    last = asked;
    return byTopic;
  }

  async function measure(): Promise<void> {
    if (followed.size === 0) return;
    const stop = new AbortController();
    const late = delay(patienceMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    const found = await Promise.race([ends().catch(() => undefined), late]);
    stop.abort();
    for (const each of followed.values()) {
      const end = found?.get(each.topic)?.[each.partition];
      if (end === undefined) gauge.remove(labels(each));
      else gauge.set(labels(each), Math.max(0, end - each.position()));
    }
  }

  metrics.beforeScrape(measure);
  return {
    follow({ topic, partition }, position, ended) {
      if (ended.aborted) return;
      const key = `${topic}/${partition}`;
      const each = { topic, partition, position };
      followed.set(key, each);
      const end = () => {
        if (followed.get(key) !== each) return;
        followed.delete(key);
        gauge.remove(labels(each));
      };
      ended.addEventListener('abort', end, { once: true });
    },
  };
}
