import type { Kafka, TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';
import { normaliserTopology } from '@tailrace/normalise/normaliser-topology.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import type { LiveState, Waiting } from './live-lag.ts';
import type { LogStore } from './log-store.ts';

/** Fewer records than this are in flight at any time of a healthy pipeline. */
const leastRecords = 2000;
/** Live lines come when there were some within this time. */
const recentMs = 1000;
/** Replayed records that the sink may still have to store; more only fills the broker's disk. */
const mostReplayed = 500_000;

interface Stage {
  /** Who is behind, in words. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly positions: () => Promise<readonly TopicPartitionOffset[]>;
  /** Records it may be behind, where that does not depend on the rate. */
  readonly allowed?: number;
}

/**
 * Compares how far the normaliser and the sink are with the ends of what they read. Behind is more than `lagMs` at the
 * rate at which records come. Live lines come when the ends of the raw topics move.
 */
export function measureLiveLag(kafka: Kafka, store: LogStore, lagMs: number): () => Promise<LiveState> {
  const raw = Object.values(rawTopics).map(({ name }) => name);
  const stages: readonly Stage[] = [
    { name: 'normaliser', inputs: raw, positions: () => kafka.admin.committedOffsets(normaliserTopology.group, raw) },
    { name: 'sink', inputs: [topics.logs.name], positions: () => store.sinkOffsets() },
    {
      name: 'sink of replayed records',
      inputs: [topics.logsReplayed.name],
      positions: () => store.sinkOffsets(),
      allowed: mostReplayed,
    },
  ];
  const before = new Map<string, { readonly end: number; readonly at: number }>();
  let rawEnd: number | undefined;

  /** Since the last look; in the first, by the times of what is there. */
  async function flows(): Promise<boolean> {
    const ends = (await Promise.all(raw.map((topic) => kafka.admin.offsets(topic, 'last_stable')))).flat();
    const end = sum(ends);
    const last = rawEnd;
    rawEnd = end;
    if (last !== undefined) return end > last;
    const timestampMs = Date.now() - recentMs;
    const recent = await Promise.all(raw.map((topic) => kafka.admin.offsets(topic, { timestampMs })));
    return sum(recent.flat()) < end;
  }

  async function behind({ name, inputs, positions, allowed }: Stage): Promise<Waiting | undefined> {
    const at = performance.now();
    const found = await positions();
    let end = 0;
    let lag = 0;
    for (const topic of inputs) {
      const ends = await kafka.admin.offsets(topic, 'last_stable');
      const own = found.filter((position) => position.topic === topic);
      const starts = own.length < ends.length ? await kafka.admin.offsets(topic, 'earliest') : [];
      for (const [partition, latest] of ends.entries()) {
        const position = own.find((each) => each.partition === partition)?.offset ?? starts[partition] ?? 0;
        end += latest;
        lag += Math.max(0, latest - position);
      }
    }
    const last = before.get(name);
    before.set(name, { end, at });
    const perMs = last === undefined ? 0 : Math.max(0, end - last.end) / Math.max(1, at - last.at);
    if (lag <= (allowed ?? Math.max(leastRecords, perMs * lagMs))) return undefined;
    return { reason: 'live_lag', detail: `the ${name} is ${lag} records behind` };
  }

  return async () => {
    const isFlowing = await flows();
    for (const stage of stages) {
      const waiting = await behind(stage);
      if (waiting) return { behind: waiting, flows: isFlowing };
    }
    return { behind: undefined, flows: isFlowing };
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
