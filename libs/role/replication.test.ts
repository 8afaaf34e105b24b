import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expect, it } from 'vitest';
import { minInSyncFor, replicationProblems } from './replication.ts';

async function problems(made: { factor: number; minInSync?: number }, set: number): Promise<readonly string[]> {
  const { admin } = memoryBroker().connect();
  const specs = Object.values(topics).map((spec) => ({
    ...spec,
    config: { ...spec.config, 'min.insync.replicas': String(made.minInSync ?? minInSyncFor(made.factor)) },
  }));
  return replicationProblems(admin, await admin.createTopics(specs, { replicationFactor: made.factor }), set);
}

it('the check of replication finds nothing wrong with topics that are as set', async () => {
  for (const factor of [1, 2, 3]) expect(await problems({ factor }, factor)).toEqual([]);
});

it('the check of replication names topics with fewer replicas than are set', async () => {
  expect(await problems({ factor: 1 }, 3)).toEqual([
    expect.stringMatching(
      /^topics connections, checkpoints, connection-status and \d+ others: a single replica where KAFKA_REPLICATION_FACTOR is 3/,
    ),
  ]);
});

it('the check of replication names topics whose records may be acknowledged by one broker alone', async () => {
  expect(await problems({ factor: 3, minInSync: 1 }, 3)).toEqual([expect.stringContaining('Set it to 2')]);
});

it('the check of replication names topics that cannot be written once a broker fails', async () => {
  expect(await problems({ factor: 3, minInSync: 3 }, 3)).toEqual([
    expect.stringContaining('nothing can be written once one broker fails'),
  ]);
});
