import type { TopicSpec } from './topic-spec.ts';
import { rawTopics, topics } from './topics.ts';

/** A consumer group of Tailrace, for looking at an installation from outside. */
export interface ConsumerGroup {
  readonly name: string;
  /** The role whose processes are its members. */
  readonly role: string;
  readonly inputs: readonly TopicSpec[];
  /**
   * Where its positions are: committed in Kafka, in PostgreSQL, or nowhere, because it reads its input from the beginning
   * and keeps what it did there.
   */
  readonly positions: 'kafka' | 'postgresql' | 'none';
}

/** Every consumer group, in the order in which lines pass them. */
export const consumerGroups: readonly ConsumerGroup[] = [
  { name: 'ingest', role: 'ingest', inputs: [topics.connections], positions: 'none' },
  { name: 'normaliser', role: 'normaliser', inputs: Object.values(rawTopics), positions: 'kafka' },
  { name: 'sink', role: 'sink', inputs: [topics.logs, topics.logsReplayed, topics.alerts], positions: 'postgresql' },
  { name: 'alert-matching', role: 'alerting', inputs: [topics.logs], positions: 'kafka' },
  { name: 'alert-evaluation', role: 'alerting', inputs: [topics.alertPartials], positions: 'kafka' },
  { name: 'notifier', role: 'notifier', inputs: [topics.alerts], positions: 'kafka' },
  { name: 'notifier-sender', role: 'notifier', inputs: [topics.notifications], positions: 'none' },
  { name: 'replayer', role: 'replayer', inputs: [topics.replays], positions: 'none' },
];
