import type { GroupMembership, GroupOptions, Kafka, TopicPartition } from '../kafka.ts';
import { partitionKey } from '../partition-key.ts';

/** A member of a group as a test sees it: what it owns, and everything it was informed of, in order. */
export interface ObservedMember {
  readonly membership: GroupMembership;
  readonly owned: ReadonlySet<string>;
  readonly events: readonly string[];
  readonly failure: unknown;
  /** Resolves when the predicate holds; it is tried after each event. */
  until(what: string, predicate: () => boolean, timeoutMs?: number): Promise<void>;
}

type Settings = Pick<GroupOptions, 'groupId' | 'topics'> &
  Partial<Pick<GroupOptions, 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'revoked'>> & {
    assigned?(partitions: readonly TopicPartition[], membership: () => GroupMembership): void;
  };

export async function observeMember(kafka: Kafka, settings: Settings): Promise<ObservedMember> {
  const owned = new Set<string>();
  const events: string[] = [];
  const watching = new Set<() => void>();
  let failure: unknown;
  const happened = (event: string) => {
    events.push(event);
    for (const watch of watching) watch();
  };
  const told = (what: string, partitions: readonly TopicPartition[]) => {
    for (const partition of partitions) {
      if (what === 'assigned') owned.add(partitionKey(partition));
      else owned.delete(partitionKey(partition));
    }
    happened(`${what} ${partitions.map(partitionKey).toSorted().join(' ')}`.trim());
  };
  let joined: GroupMembership | undefined;
  const joining = () => {
    if (!joined) throw new Error('assigned before joinGroup resolved');
    return joined;
  };
  const { assigned, ...options } = settings;
  const membership = await kafka.joinGroup({
    ...options,
    assigned: (partitions) => {
      assigned?.(partitions, joining);
      told('assigned', partitions);
    },
    revoked: async (partitions) => {
      happened(`revoking ${partitions.map(partitionKey).toSorted().join(' ')}`);
      await settings.revoked?.(partitions);
      told('revoked', partitions);
    },
    lost: (partitions) => told('lost', partitions),
    failed: (error) => {
      failure = error;
      happened('failed');
    },
  });
  joined = membership;
  return {
    membership,
    owned,
    events,
    get failure() {
      return failure;
    },
    until: (what, predicate, timeoutMs = 60_000) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          watching.delete(watch);
          settle();
        };
        const watch = () => {
          if (predicate()) finish(resolve);
        };
        const timer = setTimeout(
          () => finish(() => reject(new Error(`${what}: not within ${timeoutMs} ms; it saw: ${events.join(', ')}`))),
          timeoutMs,
        );
        watching.add(watch);
        watch();
      }),
  };
}

/** Joins a group nobody else is in and waits until it owns every partition. */
export async function joinAlone(kafka: Kafka, groupId: string, topics: readonly string[]): Promise<GroupMembership> {
  const described = await Promise.all(topics.map((topic) => kafka.admin.describeTopic(topic)));
  const total = described.reduce((sum, { partitions }) => sum + partitions, 0);
  const member = await observeMember(kafka, { groupId, topics, sessionTimeoutMs: 30_000 });
  await member.until('owns everything', () => member.owned.size === total);
  return member.membership;
}
