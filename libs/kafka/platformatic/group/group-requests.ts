import { heartbeatV4, joinGroupV9, leaveGroupV5, syncGroupV5 } from '@platformatic/kafka';
import type { TopicPartition } from '../../kafka.ts';
import type { BrokerLink } from '../brokers/broker-link.ts';
import type { Links } from '../brokers/links.ts';
import type { Cluster } from '../cluster.ts';
import { brokerErrors } from '../failure.ts';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscription,
} from './consumer-protocol.ts';
import { assignCooperatively } from './cooperative-assignment.ts';

const protocolType = 'consumer';
/** The name under which other clients know this kind of assignment and rebalance. */
const protocolName = 'cooperative-sticky';

export interface GroupSettings {
  /** Full name. */
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

export interface Joined {
  readonly generationId: number;
  readonly memberId: string;
  /** Subscriptions of all members by member id when this one leads, otherwise undefined. */
  readonly led: ReadonlyMap<string, Subscription> | undefined;
}

/** The requests of one member to its group's coordinator (the classic protocol). Names are full. */
export class GroupRequests {
  readonly #cluster: Cluster;
  readonly #links: Links;
  readonly #settings: GroupSettings;
  #coordinator: number | undefined;

  constructor(cluster: Cluster, settings: GroupSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
    // A join waits at the coordinator until every member has rejoined, or was given up.
    this.#links = cluster.openLinks({
      requestTimeoutMs: settings.rebalanceTimeoutMs + cluster.settings.requestTimeoutMs,
    });
  }

  async join(memberId: string, subscription: Subscription): Promise<Joined> {
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#settings;
    const protocols = [{ name: protocolName, metadata: encodeSubscription(subscription) }];
    try {
      const answer = await this.#ask((link) =>
        link.call(
          joinGroupV9.api,
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId,
          null,
          protocolType,
          protocols,
          null,
        ),
      );
      const leads = answer.leader === answer.memberId;
      const members = answer.members.map((member): [string, Subscription] => [
        member.memberId,
        decodeSubscription(member.metadata),
      ]);
      return {
        generationId: answer.generationId,
        memberId: answer.memberId,
        led: leads ? new Map(members) : undefined,
      };
    } catch (error) {
      const given = brokerErrors(error).has('MEMBER_ID_REQUIRED') ? memberIdIn(error) : undefined;
      if (given === undefined) throw error;
      return this.join(given, subscription);
    }
  }

  /** Gets this member's assignment; the leader makes everybody's. */
  async sync({ generationId, memberId, led }: Joined): Promise<TopicPartition[]> {
    const assignments = led ? await this.#assign(led) : [];
    const answer = await this.#ask((link) =>
      link.call(
        syncGroupV5.api,
        this.#settings.groupId,
        generationId,
        memberId,
        null,
        protocolType,
        protocolName,
        assignments,
      ),
    );
    return decodeAssignment(answer.assignment);
  }

  async heartbeat(generationId: number, memberId: string): Promise<void> {
    await this.#ask((link) => link.call(heartbeatV4.api, this.#settings.groupId, generationId, memberId, null));
  }

  async leave(memberId: string): Promise<void> {
    const member = { memberId, groupInstanceId: null, reason: null };
    await this.#ask((link) => link.call(leaveGroupV5.api, this.#settings.groupId, [member]));
  }

  /** How many partitions each topic has now. */
  async countPartitions(topics: readonly string[]): Promise<Map<string, number>> {
    const described = await this.#cluster.describeTopics(topics);
    return new Map([...described].map(([name, { leaders }]) => [name, leaders.length]));
  }

  /** Ends connections and whatever waits on them. They open again when needed. */
  interrupt(): void {
    this.#links.drop();
  }

  close(): void {
    this.#links.close();
  }

  async #assign(led: ReadonlyMap<string, Subscription>): Promise<{ memberId: string; assignment: Buffer }[]> {
    const topics = [...new Set([...led.values()].flatMap((subscription) => subscription.topics))];
    const assigned = assignCooperatively(led, await this.countPartitions(topics));
    return [...assigned].map(([memberId, partitions]) => ({ memberId, assignment: encodeAssignment(partitions) }));
  }

  async #ask<Answer>(ask: (link: BrokerLink) => Promise<Answer>): Promise<Answer> {
    try {
      this.#coordinator ??= await this.#cluster.coordinatorOf('group', this.#settings.groupId);
      return await ask(this.#links.to(this.#coordinator));
    } catch (error) {
      if (!isAboutMembership(error)) this.#coordinator = undefined;
      throw error;
    }
  }
}

function isAboutMembership(error: unknown): boolean {
  const ids = brokerErrors(error);
  return ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'MEMBER_ID_REQUIRED'].some((id) =>
    ids.has(id),
  );
}

/** The member id that came with MEMBER_ID_REQUIRED (KIP-394). */
function memberIdIn(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('response' in error)) return undefined;
  const { response } = error;
  if (typeof response !== 'object' || response === null || !('memberId' in response)) return undefined;
  return typeof response.memberId === 'string' && response.memberId !== '' ? response.memberId : undefined;
}
