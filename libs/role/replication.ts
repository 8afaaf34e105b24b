import type { Admin, TopicDescription } from '@tailrace/kafka/kafka.ts';

/**
 * How many replicas must have a record before its writer gets an acknowledgement (`min.insync.replicas`, with acks=all):
 * all but one, so that one broker may fail and nothing that was acknowledged is on a single disk.
 */
export function minInSyncFor(replicationFactor: number): number {
  return Math.max(1, replicationFactor - 1);
}

/**
 * Topics that would lose more than the settings promise when a broker fails: made with another replication factor, or
 * acknowledged by too few or too many replicas. In words, with what to do; empty when all is as set.
 *
 * @param found every topic of Tailrace as the cluster has it.
 * @param replicationFactor KAFKA_REPLICATION_FACTOR
 */
export async function replicationProblems(
  admin: Pick<Admin, 'minInSyncReplicas'>,
  found: readonly TopicDescription[],
  replicationFactor: number,
): Promise<readonly string[]> {
  const minInSync = await admin.minInSyncReplicas(found.map(({ name }) => name));
  const wanted = minInSyncFor(replicationFactor);
  const few = found.filter(({ replicas }) => replicas < replicationFactor);
  const least = Math.min(...few.map(({ replicas }) => replicas));
  const weak = found.filter(
    ({ name, replicas }) => replicas >= replicationFactor && (minInSync.get(name) ?? wanted) < wanted,
  );
  const stiff = found.filter(({ name, replicas }) => replicas > 1 && (minInSync.get(name) ?? wanted) >= replicas);
  return [
    ...(few.length === 0
      ? []
      : [
          `${names(few)}: ${least === 1 ? 'a single replica' : `${least} replicas`} where KAFKA_REPLICATION_FACTOR is ${replicationFactor}; ` +
            'the setting is only for topics that are created. Add replicas with kafka-reassign-partitions.sh.',
        ]),
    ...(weak.length === 0
      ? []
      : [
          `${names(weak)}: min.insync.replicas is below ${wanted}, so that what is acknowledged may be on one broker only. ` +
            `Set it to ${wanted} with kafka-configs.sh.`,
        ]),
    ...(stiff.length === 0
      ? []
      : [
          `${names(stiff)}: min.insync.replicas is not below the number of replicas, so that nothing can be written once one ` +
            `broker fails. Set it to ${wanted} with kafka-configs.sh.`,
        ]),
  ];
}

const shown = 3;

function names(topics: readonly TopicDescription[]): string {
  const first = topics.slice(0, shown).map(({ name }) => name);
  const others = topics.length - first.length;
  return `topic${topics.length === 1 ? '' : 's'} ${first.join(', ')}${others > 0 ? ` and ${others} others` : ''}`;
}
