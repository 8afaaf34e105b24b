/**
 * A process for tests that stop and kill it: a group member that counts on each partition it owns, number and next
 * position in one transaction. Prints one JSON line for each thing that happens to it.
 *
 *     node counting-process.fixture.ts <brokers> <client> <topic prefix> <group> <topic>
 */
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { FencedError } from '../errors.ts';
import type { GroupMembership, TopicPartition } from '../kafka.ts';
import { openKafka } from '../open-kafka.ts';
import { record } from './system.ts';

const [brokers = '', client = '', topicPrefix = '', groupId = '', topic = ''] = process.argv.slice(2);
const kafka = await openKafka({
  brokers: brokers.split(','),
  client: client === 'kafkajs' ? 'kafkajs' : 'platformatic',
  topicPrefix,
  logger: createLogger({ level: 'silent' }),
});
const running = new Map<number, { stop: boolean; done: Promise<void> }>();
let membership: GroupMembership | undefined;

function tell(event: string, partition: number, next?: number): void {
  console.log(JSON.stringify({ event, partition, next }));
}

async function count(partition: number, state: { readonly stop: boolean }): Promise<void> {
  const producer = await kafka.transactionalProducer(`${groupId}-${partition}`);
  try {
    const committed = await kafka.admin.committedOffsets(groupId, [topic]);
    let next = committed.find((position) => position.partition === partition)?.offset ?? 0;
    while (!state.stop && membership) {
      const transaction = producer.begin();
      await transaction.send([record(topic, partition, `${next}`)]);
      await transaction.commitOffsets(membership.metadata(), [{ topic, partition, offset: next + 1 }]);
      await transaction.commit();
      tell('committed', partition, ++next);
    }
  } finally {
    await producer.close();
  }
}

function stop(partitions: readonly TopicPartition[]): Promise<unknown> {
  return Promise.all(
    partitions.map(({ partition }) => {
      const state = running.get(partition);
      if (state) state.stop = true;
      return state?.done;
    }),
  );
}

membership = await kafka.joinGroup({
  groupId,
  topics: [topic],
  assigned: (partitions) => {
    for (const { partition } of partitions) {
      tell('assigned', partition);
      const state = { stop: false, done: Promise.resolve() };
      state.done = count(partition, state).catch((error: unknown) => {
        tell(error instanceof FencedError ? 'fenced' : 'failed', partition);
      });
      running.set(partition, state);
    }
  },
  revoked: async (partitions) => void (await stop(partitions)),
  lost: (partitions) => {
    for (const { partition } of partitions) tell('lost', partition);
    void stop(partitions);
  },
  failed: (error) => {
    throw error;
  },
});
