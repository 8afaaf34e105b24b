import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { deadLetterKey } from '@tailrace/stream/processing/dead-letter.ts';
import { fencedEnd } from '@tailrace/stream/processing/fenced-end.ts';
import { type RangeSlice, readRanges } from '@tailrace/stream/reading/read-ranges.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** Clocks of those who write raw events and of those who bury them differ by less than this. */
const clocksDifferMs = 60 * 60 * 1000;

const { name: topic, codec } = topics.dead;

/**
 * Which raw records have a dead letter already: from live, or from an earlier replay. A letter says where its record
 * stands, and that is what it is known by. Read only when a replay meets a record that cannot be read, which is rare.
 */
export class KnownDeadLetters {
  readonly #kafka: Kafka;
  /** Offsets by raw partition, complete for all records behind the first that was asked for. */
  readonly #known = new Map<string, Set<number>>();

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /**
   * Leaves out letters of records that have one already; others are taken to have one from now on.
   * @param records of a slice, some of them letters. Slices of a partition must come in the order of their offsets.
   * @returns undefined when the signal aborted first.
   */
  async withoutKnown(
    records: readonly OutgoingRecord[],
    slice: RangeSlice,
    signal: AbortSignal,
  ): Promise<readonly OutgoingRecord[] | undefined> {
    const [first] = slice.records;
    if (!first || !records.some(isLetter)) return records;
    const key = deadLetterKey(slice);
    let known = this.#known.get(key);
    if (!known) {
      // A letter is younger than its record; an older one is of a topic that was made again since.
      known = await this.#read(key, first.timestamp - clocksDifferMs, signal);
      if (signal.aborted) return undefined;
      this.#known.set(key, known);
    }
    return records.filter((record) => {
      const offset = isLetter(record) && record.value ? offsetIn(record.value) : undefined;
      if (offset === undefined) return true;
      const isNew = !known.has(offset);
      known.add(offset);
      return isNew;
    });
  }

  /**
   * Offsets of the letters with a key: a raw partition. Ends early when the signal aborts.
   * @param timestampMs of the first letter that matters.
   */
  async #read(key: string, timestampMs: number, signal: AbortSignal): Promise<Set<number>> {
    const offsets = new Set<number>();
    const { partitions } = await this.#kafka.admin.describeTopic(topic);
    const place = { topic, partition: partitionFor(key, partitions) };
    const starts = await this.#kafka.admin.offsets(topic, { timestampMs: Math.max(0, timestampMs) });
    // What this replay's partition has buried a moment ago may stand behind somebody else's open transaction.
    const end = await fencedEnd(this.#kafka, place);
    const range = { ...place, from: starts[place.partition] ?? 0, to: end };
    try {
      for await (const { records } of readRanges(this.#kafka, [range], signal)) {
        for (const record of records) {
          if (record.value === null || record.key?.toString() !== key) continue;
          const buried = offsetIn(record.value);
          if (buried !== undefined) offsets.add(buried);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return offsets;
  }
}

function isLetter(record: OutgoingRecord): boolean {
  return record.topic === topic;
}

/** @returns undefined for a letter that a newer version has written in another way. */
function offsetIn(letter: Buffer): number | undefined {
  try {
    return codec.decode(letter).offset;
  } catch {
    return undefined;
  }
}
