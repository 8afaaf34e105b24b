import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSet, idBytes } from './id-set.ts';

/** Few different first words, so that ids collide and wrap around the table's end. */
const collidingId = fc
  .tuple(fc.constantFrom(0, 1, 62, 63, 0xffffffff), fc.nat(30), fc.constantFrom(0, 1, 7))
  .map(([home, middle, last]) => {
    const id = Buffer.alloc(idBytes);
    id.writeUInt32LE(home, 0);
    id.writeUInt32LE(middle, 4);
    id.writeUInt32LE(last, 12);
    return id;
  });

describe('IdSet', () => {
  it('does what a Set does', () => {
    const action = fc.tuple(fc.constantFrom('add', 'delete', 'has'), collidingId);
    fc.assert(
      fc.property(fc.array(action, { maxLength: 600 }), (actions) => {
        const ids = new IdSet();
        const model = new Set<string>();
        // 0 and 1 are the same last word to the set.
        const name = (id: Buffer) => `${id.toString('hex', 0, 12)}${id.readUInt32LE(12) || 1}`;
        for (const [what, id] of actions) {
          const key = name(id);
          if (what === 'add') expect(ids.add(id)).toBe(!model.has(key) && model.add(key).has(key));
          else if (what === 'delete') expect(ids.delete(id)).toBe(model.delete(key));
          else expect(ids.has(id)).toBe(model.has(key));
          expect(ids.size).toBe(model.size);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps many ids, and gives the room back', () => {
    const ids = new IdSet();
    const bytes = Buffer.alloc(100_000 * idBytes);
    for (let index = 0; index < 100_000; index++) {
      bytes.writeUInt32LE((index * 2_654_435_761) >>> 0, index * idBytes);
      bytes.writeUInt32LE(index, index * idBytes + 12);
    }
    const count = (does: (offset: number) => boolean) => {
      let times = 0;
      for (let offset = 0; offset < bytes.length; offset += idBytes) times += does(offset) ? 1 : 0;
      return times;
    };
    expect(count((offset) => ids.add(bytes, offset))).toBe(100_000);
    expect(count((offset) => ids.add(bytes, offset))).toBe(0);
    expect(count((offset) => ids.has(bytes, offset))).toBe(100_000);
    expect(count((offset) => ids.delete(bytes, offset))).toBe(100_000);
    expect(ids.size).toBe(0);
  });
});
