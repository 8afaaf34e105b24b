import type { Kafka, OutgoingRecord, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { fencedEnd } from '@tailrace/stream/fenced-end.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** Clocks of those who write raw events and of those who bury them differ by less than this. */
const clocksDifferMs = 60 * 60 * 1000;

const { name: topic, codec } = topics.dead;

/**
 * Which raw records have a dead letter already: from live, or from an earlier replay. A letter says where its record
 * stands, and that is what it is known by. Read only when a replay meets a record that cannot be read, which is rare.
 */
export class BuriedRecords {
  readonly #kafka: Kafka;
  /** Offsets by raw partition, complete for all records behind the first that was asked for. */
  readonly #known = new Map<string, Set<number>>();

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /**
   * Those of the letters whose records have none yet; these are taken to have one from now on.
   * @param letters for `logs.dead`, of records of one raw partition. Must be asked for in the order of their offsets.
   * @param timestamp of a record that is not behind theirs, milliseconds. A letter is younger than its record; an older one
   *   is of a topic that was made again since.
   */
  async withoutLetter(
    letters: readonly OutgoingRecord[],
    partition: TopicPartition,
    timestamp: number,
    signal: AbortSignal,
  ): Promise<readonly OutgoingRecord[]> {
    const key = `${partition.topic}/${partition.partition}`;
    const known = this.#known.get(key) ?? (await this.#read(key, timestamp, signal));
    this.#known.set(key, known);
    return letters.filter(({ value }) => {
      if (value === null) return true;
      const { offset } = codec.decode(value);
      const isNew = !known.has(offset);
      known.add(offset);
      return isNew;
    });
  }

  /** @param key of letters: the raw partition. */
  async #read(key: string, timestamp: number, signal: AbortSignal): Promise<Set<number>> {
    const offsets = new Set<number>();
    const { partitions } = await this.#kafka.admin.describeTopic(topic);
    const place = { topic, partition: partitionFor(key, partitions) };
    const starts = await this.#kafka.admin.offsets(topic, { timestampMs: Math.max(0, timestamp - clocksDifferMs) });
    // What this replay's partition has buried a moment ago may stand behind somebody else's open transaction.
    const end = await fencedEnd(this.#kafka, place);
    let offset = starts[place.partition] ?? 0;
    if (offset >= end) return offsets;
    const reader = await this.#kafka.reader({ positions: [{ ...place, offset }] });
    try {
      while (offset < end) {
        signal.throwIfAborted();
        for (const { records, nextOffset } of await reader.poll(signal)) {
          offset = nextOffset;
          for (const record of records) {
            if (record.value === null || record.key?.toString() !== key) continue;
            const buried = offsetIn(record.value);
            if (buried !== undefined) offsets.add(buried);
          }
        }
      }
    } finally {
      await reader.close();
    }
    return offsets;
  }
}

/** @returns undefined for a letter that a newer version has written in another way. */
function offsetIn(letter: Buffer): number | undefined {
  try {
    return codec.decode(letter).offset;
  } catch {
    return undefined;
  }
}
