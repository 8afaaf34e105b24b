/** Bytes of one id. */
export const idBytes = 16;

const wordsPerId = 4;
const leastCapacity = 64;

/**
 * A set of 128-bit hashes. Open addressing in one typed array, because hundreds of thousands of ids are kept for a busy
 * connection and strings in a `Set` would take several times the memory, all of it the garbage collector's work.
 */
export class IdSet {
  /** Four words an id; a slot of zeros is empty. */
  #words = new Uint32Array(leastCapacity * wordsPerId);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(ids: Buffer, offset = 0): boolean {
    return this.#words[this.#find(idAt(ids, offset)) + 3] !== 0;
  }

  /** @returns whether it was not there yet. */
  add(ids: Buffer, offset = 0): boolean {
    const id = idAt(ids, offset);
    const slot = this.#find(id);
    if (this.#words[slot + 3] !== 0) return false;
    this.#words.set(id, slot);
    this.#size += 1;
    if (this.#size * wordsPerId * 3 > this.#words.length * 2) this.#resize(this.#words.length * 2);
    return true;
  }

  /** @returns whether it was there. */
  delete(ids: Buffer, offset = 0): boolean {
    let hole = this.#find(idAt(ids, offset));
    const words = this.#words;
    if (words[hole + 3] === 0) return false;
    // Moves back what stands behind the hole and would not be found across it (Knuth, 6.4, algorithm R).
    for (let slot = this.#next(hole); words[slot + 3] !== 0; slot = this.#next(slot)) {
      const home = this.#home(words[slot]!);
      const reachable = hole <= slot ? home > hole && home <= slot : home > hole || home <= slot;
      if (reachable) continue;
      words.copyWithin(hole, slot, slot + wordsPerId);
      hole = slot;
    }
    words.fill(0, hole, hole + wordsPerId);
    this.#size -= 1;
    const smaller = words.length / 2;
    if (smaller >= leastCapacity * wordsPerId && this.#size * wordsPerId * 6 < words.length) this.#resize(smaller);
    return true;
  }

  /** The slot that holds the id, or the empty one where it would go. */
  #find(id: IdWords): number {
    const words = this.#words;
    let slot = this.#home(id[0]);
    while (
      words[slot + 3] !== 0 &&
      (words[slot] !== id[0] || words[slot + 1] !== id[1] || words[slot + 2] !== id[2] || words[slot + 3] !== id[3])
    ) {
      slot = this.#next(slot);
    }
    return slot;
  }

  /** The id is a hash already. */
  #home(firstWord: number): number {
    return (firstWord & (this.#words.length / wordsPerId - 1)) * wordsPerId;
  }

  #next(slot: number): number {
    return slot + wordsPerId === this.#words.length ? 0 : slot + wordsPerId;
  }

  #resize(length: number): void {
    const old = this.#words;
    this.#words = new Uint32Array(length);
    for (let slot = 0; slot < old.length; slot += wordsPerId) {
      if (old[slot + 3] === 0) continue;
      const id: IdWords = [old[slot]!, old[slot + 1]!, old[slot + 2]!, old[slot + 3]!];
      this.#words.set(id, this.#find(id));
    }
  }
}

type IdWords = readonly [number, number, number, number];

function idAt(ids: Buffer, offset: number): IdWords {
  return [
    ids.readUInt32LE(offset),
    ids.readUInt32LE(offset + 4),
    ids.readUInt32LE(offset + 8),
    // Zero marks an empty slot; one hash in four billion shares the word 1 with another, and still differs elsewhere.
    ids.readUInt32LE(offset + 12) || 1,
  ];
}
