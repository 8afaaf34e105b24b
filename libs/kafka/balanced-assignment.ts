import type { TopicPartition } from './kafka.ts';

/** A member of a group, as the assignor sees it. */
export interface Candidate {
  readonly topics: readonly string[];
  /** What it has now; empty where members give everything up at each rebalance. */
  readonly owned: readonly TopicPartition[];
}

/**
 * Shares out the partitions of each topic evenly: between two members that subscribe to a topic, its counts differ by one
 * at most, so that each topic's work is spread and one more process is one more share of all of it. Where a topic does
 * not divide evenly, the members that get one more are chosen so that the totals are level too, and, as far as that
 * allows, are those that have it already (KIP-54, sticky assignment): a member that joins takes only what it must get.
 *
 * @param members by member id; of two that claim a partition, the first keeps it.
 * @param partitionsOf how many partitions each topic has.
 */
export function balanceWithinTopics(
  members: ReadonlyMap<string, Candidate>,
  partitionsOf: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const ids = [...members.keys()].toSorted();
  const topics = [...new Set([...members.values()].flatMap((member) => member.topics))].toSorted();
  const owners = presentOwners(members, partitionsOf);
  const shares = topics.map((topic) => {
    const subscribers = ids.filter((id) => members.get(id)?.topics.includes(topic));
    return new TopicShares(topic, partitionsOf.get(topic) ?? 0, subscribers, owners);
  });
  levelTotals(ids, shares);
  const assigned = new Map(ids.map((id): [string, TopicPartition[]] => [id, []]));
  for (const share of shares) {
    for (const [partition, id] of share.deal().entries()) assigned.get(id)?.push({ topic: share.topic, partition });
  }
  return assigned;
}

function presentOwners(
  members: ReadonlyMap<string, Candidate>,
  partitionsOf: ReadonlyMap<string, number>,
): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [id, { owned, topics }] of members) {
    for (const { topic, partition } of owned) {
      const exists = partition < (partitionsOf.get(topic) ?? 0);
      if (exists && topics.includes(topic) && !owners.has(`${topic}/${partition}`)) {
        owners.set(`${topic}/${partition}`, id);
      }
    }
  }
  return owners;
}

/** One topic: everybody gets `base` partitions, and some get one more. */
class TopicShares {
  readonly topic: string;
  readonly subscribers: readonly string[];
  /** Who gets one more. */
  readonly extra = new Set<string>();
  readonly #base: number;
  readonly #owners: readonly (string | undefined)[];
  readonly #owned = new Map<string, number>();
  readonly #extras: number;

  constructor(topic: string, partitions: number, subscribers: readonly string[], owners: ReadonlyMap<string, string>) {
    this.topic = topic;
    this.subscribers = subscribers;
    this.#owners = Array.from({ length: partitions }, (_, partition) => owners.get(`${topic}/${partition}`));
    for (const owner of this.#owners) if (owner) this.#owned.set(owner, (this.#owned.get(owner) ?? 0) + 1);
    this.#base = Math.floor(partitions / Math.max(1, subscribers.length));
    this.#extras = subscribers.length === 0 ? 0 : partitions % subscribers.length;
  }

  /** Chooses who gets one more: those that have it, then those with the least in all. */
  choose(total: (id: string) => number): void {
    const order = this.subscribers.toSorted(
      (a, b) => Number(this.keeps(b)) - Number(this.keeps(a)) || total(a) - total(b) || (a < b ? -1 : 1),
    );
    for (const id of order.slice(0, this.#extras)) this.extra.add(id);
  }

  /** Whether the member has one more already, so that taking it away would move a partition. */
  keeps(id: string): boolean {
    return (this.#owned.get(id) ?? 0) > this.#base;
  }

  share(id: string): number {
    return this.#base + (this.extra.has(id) ? 1 : 0);
  }

  /** The owner of each partition: everyone keeps what it has up to its share, and what is left over fills the others. */
  deal(): readonly string[] {
    const room = new Map(this.subscribers.map((id) => [id, this.share(id)]));
    const kept = this.#owners.map((owner) => {
      const left = owner === undefined ? 0 : (room.get(owner) ?? 0);
      if (owner === undefined || left === 0) return undefined;
      room.set(owner, left - 1);
      return owner;
    });
    const takers = this.subscribers.flatMap((id) => Array.from({ length: room.get(id) ?? 0 }, () => id));
    return takers.length === 0 ? kept.flatMap((id) => id ?? []) : kept.map((id) => id ?? (takers.shift() as string));
  }
}

/** Chooses in each topic who gets one more, so that no chain of such choices could make two totals more equal. */
function levelTotals(ids: readonly string[], shares: readonly TopicShares[]): void {
  const totals = new Map(ids.map((id) => [id, 0]));
  const total = (id: string) => totals.get(id) ?? 0;
  for (const share of shares) for (const id of share.subscribers) totals.set(id, total(id) + share.share(id));
  for (const share of shares) {
    share.choose(total);
    for (const id of share.extra) totals.set(id, total(id) + 1);
  }
  for (const moving of [false, true]) {
    for (
      let path = chainToLighter(ids, shares, total, moving);
      path;
      path = chainToLighter(ids, shares, total, moving)
    ) {
      for (const { share, from, to } of path) {
        share.extra.delete(from);
        share.extra.add(to);
        totals.set(from, total(from) - 1);
        totals.set(to, total(to) + 1);
      }
    }
  }
}

/** One partition more of a topic goes from one member to another. */
interface Step {
  readonly share: TopicShares;
  readonly from: string;
  readonly to: string;
}

/**
 * The shortest chain of steps at whose end a member has at least two partitions fewer than the one at its beginning.
 * @param moving whether steps may move a partition that its owner would keep otherwise.
 */
function chainToLighter(
  ids: readonly string[],
  shares: readonly TopicShares[],
  total: (id: string) => number,
  moving: boolean,
): readonly Step[] | undefined {
  for (const start of ids.toSorted((a, b) => total(b) - total(a))) {
    const reached = new Map<string, Step | undefined>([[start, undefined]]);
    for (const at of reached.keys()) {
      if (total(start) - total(at) >= 2) return chainTo(at, reached);
      for (const share of shares) {
        if (!share.extra.has(at) || (!moving && share.keeps(at))) continue;
        const takers = share.subscribers.filter((id) => !share.extra.has(id) && !reached.has(id));
        for (const to of takers) reached.set(to, { share, from: at, to });
      }
    }
  }
  return undefined;
}

function chainTo(end: string, reached: ReadonlyMap<string, Step | undefined>): readonly Step[] {
  const chain: Step[] = [];
  for (let step = reached.get(end); step; step = reached.get(step.from)) chain.unshift(step);
  return chain;
}
