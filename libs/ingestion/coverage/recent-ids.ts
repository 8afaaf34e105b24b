import type { EmittedIds } from '@tailrace/schemas/generated/emitted-ids.ts';
import { type Coverage, leastFloor } from './coverage.ts';
import { IdSet, idBytes } from './id-set.ts';

/** Ids that were emitted together and are forgotten together. */
export interface IdSegment extends EmittedIds {
  readonly number: number;
}

/**
 * The ids of emitted events that the coverage does not answer for yet. They are kept in segments, one for each
 * transaction and band, so that a transaction writes only its own ids and a few late events do not hold back the
 * many that are soon covered.
 */
export class RecentIds {
  readonly #ids = new IdSet();
  readonly #segments = new Map<number, IdSegment>();
  readonly #growing = new Map<number, GrowingSegment>();
  readonly #scratch = Buffer.alloc(idBytes);
  #nextNumber = 0;

  get size(): number {
    return this.#ids.size;
  }

  /** Takes a segment over from an earlier owner. */
  restore(segment: IdSegment): void {
    this.#segments.set(segment.number, segment);
    this.#nextNumber = Math.max(this.#nextNumber, segment.number + 1);
    for (let offset = 0; offset < segment.ids.length; offset += idBytes) this.#ids.add(segment.ids, offset);
  }

  /**
   * Notes an event as emitted.
   * @param id 32 hexadecimal digits.
   * @param group events of one group share a segment.
   * @returns whether it was new.
   */
  add(id: string, group: number, time: number, ingested: number): boolean {
    this.#scratch.write(id, 'hex');
    if (!this.#ids.add(this.#scratch)) return false;
    let segment = this.#growing.get(group);
    if (segment === undefined) {
      segment = { ids: [], firstTime: time, lastTime: time, lastIngested: ingested };
      this.#growing.set(group, segment);
    }
    segment.ids.push(id);
    segment.firstTime = Math.min(segment.firstTime, time);
    segment.lastTime = Math.max(segment.lastTime, time);
    segment.lastIngested = Math.max(segment.lastIngested, ingested);
    return true;
  }

  /** The segments of what was added since the last call. */
  takeSegments(): readonly IdSegment[] {
    const taken: IdSegment[] = [];
    for (const { ids, firstTime, lastTime, lastIngested } of this.#growing.values()) {
      const segment = {
        number: this.#nextNumber++,
        first_time: firstTime,
        last_time: lastTime,
        last_ingested: lastIngested,
        ids: Buffer.from(ids.join(''), 'hex'),
      };
      this.#segments.set(segment.number, segment);
      taken.push(segment);
    }
    this.#growing.clear();
    return taken;
  }

  /** Forgets the segments all of whose events are covered. @returns their numbers. */
  evict(coverage: Coverage): readonly number[] {
    const evicted: number[] = [];
    const highest = coverage.steps.reduce((floor, step) => Math.max(floor, step.floor), 0);
    for (const { number, first_time, last_time, last_ingested, ids } of this.#segments.values()) {
      if (last_ingested > highest && last_time >= coverage.closedBefore) continue;
      if (leastFloor(coverage, first_time, last_time) < last_ingested) continue;
      this.#segments.delete(number);
      for (let offset = 0; offset < ids.length; offset += idBytes) this.#ids.delete(ids, offset);
      evicted.push(number);
    }
    return evicted;
  }
}

interface GrowingSegment {
  readonly ids: string[];
  firstTime: number;
  lastTime: number;
  lastIngested: number;
}
