import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { Admin, TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';
import { type ConsumerGroup, consumerGroups } from '@tailrace/topics/consumer-groups.ts';
import { type Finding, worryingLag } from './finding.ts';

/** What the sink has written of each partition. */
export type OffsetsInDatabase = () => Promise<readonly TopicPartitionOffset[]>;

/** For each consumer group, who its members are and how far it is behind: positions against the ends that there are now. */
export async function lookAtLags(
  admin: Admin,
  database: OffsetsInDatabase | undefined,
  processLags: ReadonlyMap<string, number>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const group of consumerGroups) {
    try {
      const hosts = ((await admin.groupMembers([group.name])).get(group.name) ?? []).map(({ host }) => host);
      const lag = await lagOf(admin, group, database, processLags);
      const members = hosts.length === 0 ? 'no process is a member' : `${hosts.length} on ${listed(hosts)}`;
      const behind = lag === undefined ? '' : `${lag} records behind, `;
      findings.push({
        what: `group ${group.name}`,
        ok: hosts.length > 0 && (lag ?? 0) < worryingLag,
        detail: `${behind}${members} (${group.role})`,
      });
    } catch (error) {
      findings.push({ what: `group ${group.name}`, ok: false, detail: messageOf(error) });
    }
  }
  return findings;
}

/** @returns undefined where no position is known from here. */
async function lagOf(
  admin: Admin,
  { name, inputs, positions }: ConsumerGroup,
  database: OffsetsInDatabase | undefined,
  processLags: ReadonlyMap<string, number>,
): Promise<number | undefined> {
  const topics = inputs.map((input) => input.name);
  if (positions === 'none' || (positions === 'postgresql' && !database)) return processLags.get(name);
  const reached = positions === 'kafka' ? await admin.committedOffsets(name, topics) : ((await database?.()) ?? []);
  let lag = 0;
  for (const topic of topics) {
    const [starts, ends] = await Promise.all([admin.offsets(topic, 'earliest'), admin.offsets(topic, 'last_stable')]);
    for (const [partition, end] of ends.entries()) {
      const own = reached.find((each) => each.topic === topic && each.partition === partition);
      lag += Math.max(0, end - Math.max(own?.offset ?? 0, starts[partition] ?? 0));
    }
  }
  return lag;
}

function listed(hosts: readonly string[]): string {
  return [...new Set(hosts)].join(', ');
}
