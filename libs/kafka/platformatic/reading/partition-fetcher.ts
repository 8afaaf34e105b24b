import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { TopicRecreatedError } from '../../errors.ts';
import type { Links } from '../brokers/links.ts';
import type { Cluster } from '../cluster.ts';
import { BrokerRefusal } from '../failure.ts';
import { judgeFetchFailure } from './fetch-failure.ts';
import { FetchLanes } from './fetch-lanes.ts';
import { type FetchedPartition, fetchPartitions } from './fetch-request.ts';
import type { PartitionReading } from './partition-reading.ts';

const readCommitted = 1;
const noSession = { id: 0, epoch: -1 };
/** Fetches from one leader that end within this of one another become one. */
const mergeWithinMs = 20;
/** How much later than asked for an answer usually comes at most. */
const lateByMs = 100;

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
}

/** The Fetch requests of one reader: one a leader for all partitions that want something, over connections of its own. */
export class PartitionFetcher {
  readonly #cluster: Cluster;
  readonly #limits: FetchLimits;
  readonly #onChange: () => void;
  readonly #lanes: FetchLanes;
  readonly #topicIds: Map<string, string>;
  readonly #fetches = new Set<{ readonly leader: number; readonly endsAt: number }>();
  #failures = 0;
  #closed = false;

  /** @param topicIds the UUIDs of topics when the reader began, by bare name; those met later are added. */
  constructor(cluster: Cluster, limits: FetchLimits, topicIds: Map<string, string>, onChange: () => void) {
    this.#cluster = cluster;
    this.#limits = limits;
    this.#topicIds = topicIds;
    this.#onChange = onChange;
    this.#lanes = new FetchLanes(cluster, limits.maxWaitMs);
  }

  /** Fetches for these partitions, one request a leader. What comes, or why nothing does, is in the readings. */
  start(readings: readonly PartitionReading[]): void {
    for (const reading of readings) {
      reading.fetching = true;
      reading.waitingSince ??= performance.now();
    }
    void this.#fetchFromLeaders(readings);
  }

  /** Ends what is under way at once. */
  close(): void {
    this.#closed = true;
    this.#lanes.close();
  }

  async #fetchFromLeaders(readings: readonly PartitionReading[]): Promise<void> {
    const byLeader = new Map<number, PartitionReading[]>();
    const failed: PartitionReading[] = [];
    for (const reading of readings) {
      try {
        const leader = await this.#leaderOf(reading);
        const others = byLeader.get(leader);
        if (others) others.push(reading);
        else byLeader.set(leader, [reading]);
      } catch (error) {
        reading.waitingFor = messageOf(error);
        await judgeFetchFailure(this.#cluster, reading, error);
        failed.push(reading);
      }
    }
    if (failed.length > 0) this.#retryLater(failed);
    await Promise.all([...byLeader].map(([leader, own]) => this.#fetchFrom(leader, own)));
  }

  async #leaderOf(reading: PartitionReading): Promise<number> {
    const { topic, partition } = reading;
    const name = this.#cluster.settings.naming.full(topic);
    const { id } = await this.#cluster.topic(name);
    reading.topicId ??= this.#topicIds.get(topic) ?? id;
    this.#topicIds.set(topic, reading.topicId);
    if (id !== reading.topicId) throw new TopicRecreatedError(topic);
    return this.#cluster.leaderOf(name, partition);
  }

  async #fetchFrom(leader: number, readings: readonly PartitionReading[]): Promise<void> {
    if (this.#closed) return;
    const waitMs = this.#waitBeside(leader);
    if (waitMs < Math.min(mergeWithinMs, this.#limits.maxWaitMs)) {
      // Another fetch is about to end, and its end starts one for all.
      for (const reading of readings) {
        reading.fetching = false;
        if (!reading.failing) reading.waitingSince = undefined;
      }
      return;
    }
    const lane = this.#lanes.take();
    const fetch = { leader, endsAt: performance.now() + waitMs };
    this.#fetches.add(fetch);
    const failed: PartitionReading[] = [];
    const address = this.#cluster.address(leader);
    for (const reading of readings) reading.waitingFor = `broker ${address?.host}:${address?.port}`;
    try {
      const answer = await this.#request(lane, leader, { readings, waitMs });
      this.#failures = 0;
      for (const found of answer) {
        const reading = readings.find(
          ({ topicId, partition }) => topicId === found.topicId && partition === found.partition,
        );
        if (!reading) continue;
        if (found.errorCode === 0) reading.fetched(found);
        else {
          const refusal = BrokerRefusal.of(found.errorCode, `fetching ${reading.topic}`);
          reading.waitingFor = refusal.message;
          await judgeFetchFailure(this.#cluster, reading, refusal);
          failed.push(reading);
        }
      }
    } catch (error) {
      for (const reading of readings) await judgeFetchFailure(this.#cluster, reading, error);
      failed.push(...readings);
    }
    this.#fetches.delete(fetch);
    this.#lanes.release(lane);
    if (failed.length > 0) this.#retryLater(failed);
    for (const reading of readings) reading.fetching = false;
    this.#onChange();
  }

  /** How long a fetch may wait at the broker so that it ends together with those under way there. */
  #waitBeside(leader: number): number {
    const now = performance.now();
    const others = [...this.#fetches].filter((fetch) => fetch.leader === leader && fetch.endsAt > now - lateByMs);
    return Math.min(this.#limits.maxWaitMs, ...others.map(({ endsAt }) => endsAt - now));
  }

  async #request(
    lane: Links,
    leader: number,
    { readings, waitMs }: { readonly readings: readonly PartitionReading[]; readonly waitMs: number },
  ): Promise<FetchedPartition[]> {
    const topics = [...new Set(readings.map(({ topicId }) => topicId))].map((topicId) => ({
      topicId: topicId ?? '',
      partitions: readings
        .filter((reading) => reading.topicId === topicId)
        .map(({ partition, position }) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(position),
          lastFetchedEpoch: -1,
          partitionMaxBytes: this.#limits.maxBytesPerPartition,
        })),
    }));
    return lane
      .to(leader)
      .call(
        fetchPartitions,
        Math.round(waitMs),
        1,
        this.#limits.maxBytes,
        readCommitted,
        noSession.id,
        noSession.epoch,
        topics,
        [],
        '',
      );
  }

  /** Together, so that they are one request again. */
  #retryLater(readings: readonly PartitionReading[]): void {
    const delay = Math.min(20 * 2 ** Math.min(this.#failures++, 6), 1000);
    for (const reading of readings) {
      reading.retryAt = performance.now() + delay;
      reading.fetching = false;
      reading.failing = true;
    }
    setTimeout(() => this.#onChange(), delay + 1).unref();
  }
}
