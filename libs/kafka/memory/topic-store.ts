import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { RecordTooLargeError, UnknownTopicError } from '../errors.ts';
import type { OutgoingRecord, TopicDescription, TopicPartition } from '../kafka.ts';
import { PartitionLog, sizeOf } from './partition-log.ts';

/** Kafka's own default of `max.message.bytes`. */
const defaultMaxMessageBytes = 1_048_588;

export interface StoredTopic extends TopicDescription {
  readonly logs: readonly PartitionLog[];
  readonly maxMessageBytes: number;
  readonly minInSyncReplicas: number;
}

/** The topics a broker holds. */
export class TopicStore {
  readonly #topics = new Map<string, StoredTopic>();
  readonly #changed: (name: string) => void;
  #created = 0;

  /** @param changed is called with the name of each topic created or deleted. */
  constructor(changed: (name: string) => void) {
    this.#changed = changed;
  }

  create(spec: TopicSpec, replicas: number): StoredTopic {
    const existing = this.#topics.get(spec.name);
    if (existing) return existing;
    this.#created += 1;
    const topic: StoredTopic = {
      name: spec.name,
      id: `00000000-0000-4000-8000-${String(this.#created).padStart(12, '0')}`,
      partitions: spec.partitions,
      replicas,
      outOfSync: [],
      minInSyncReplicas: Number(spec.config['min.insync.replicas'] ?? 1),
      logs: Array.from({ length: spec.partitions }, () => new PartitionLog()),
      maxMessageBytes: Number(spec.config['max.message.bytes'] ?? defaultMaxMessageBytes),
    };
    this.#topics.set(spec.name, topic);
    this.#changed(spec.name);
    return topic;
  }

  delete(name: string): void {
    const topic = this.#topics.get(name);
    if (!topic) return;
    this.#topics.delete(name);
    this.#changed(name);
    for (const log of topic.logs) log.close();
  }

  find(name: string): StoredTopic | undefined {
    return this.#topics.get(name);
  }

  /** @throws UnknownTopicError */
  get(name: string): StoredTopic {
    const topic = this.#topics.get(name);
    if (!topic) throw new UnknownTopicError(name);
    return topic;
  }

  /** @throws UnknownTopicError for an unknown topic or partition */
  log({ topic, partition }: TopicPartition): PartitionLog {
    const log = this.get(topic).logs[partition];
    if (!log) throw new UnknownTopicError(`${topic}[${partition}]`);
    return log;
  }

  /**
   * Where each record goes; nothing has been written when this throws.
   * @throws RecordTooLargeError, UnknownTopicError
   */
  route(records: readonly OutgoingRecord[]): ReadonlyMap<PartitionLog, readonly OutgoingRecord[]> {
    const routed = new Map<PartitionLog, OutgoingRecord[]>();
    for (const record of records) {
      const log = this.log(record);
      const limit = this.get(record.topic).maxMessageBytes;
      const bytes = sizeOf(record);
      if (bytes > limit) {
        throw new RecordTooLargeError(`a record of ${bytes} bytes is over ${record.topic}'s limit of ${limit}`);
      }
      const batch = routed.get(log);
      if (batch) batch.push(record);
      else routed.set(log, [record]);
    }
    return routed;
  }
}
