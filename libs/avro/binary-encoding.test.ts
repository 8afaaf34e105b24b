import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArray, readMap, writeArray, writeMap } from './blocks.ts';
import { DecodeError } from './errors.ts';
import { AvroReader } from './reader.ts';
import { AvroWriter } from './writer.ts';

const writer = new AvroWriter();
const reader = new AvroReader();

function written(write: (writer: AvroWriter) => void): Buffer<ArrayBuffer> {
  writer.begin();
  write(writer);
  return writer.finish();
}

function read<Value>(bytes: Buffer | string, readValue: (reader: AvroReader) => Value): Value {
  reader.begin(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes, 0);
  const value = readValue(reader);
  reader.finish();
  return value;
}

/** Zig-zag and variable length by the book, in exact arithmetic. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

describe('integers', () => {
  const edges = [0, 1, -1, 63, 64, -64, -65, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 34, 2 ** 52, Number.MAX_SAFE_INTEGER];
  const longs = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer(),
    fc.constantFrom(...edges.flatMap((edge) => [edge, 0 - edge])),
  );

  it('of 64 bits are exact as far as a number is', () => {
    fc.assert(
      fc.property(longs, (value) => {
        const bytes = written((to) => to.writeLong(value));
        expect(bytes).toEqual(varint(BigInt(value)));
        expect(read(bytes, (from) => from.readLong())).toBe(value);
      }),
    );
  });

  it('beyond that are refused, not rounded', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = varint(value);
        const isSafe = Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value;
        if (isSafe) expect(read(bytes, (from) => from.readLong())).toBe(Number(value));
        else expect(() => read(bytes, (from) => from.readLong())).toThrow(DecodeError);
      }),
    );
    for (const value of [Number.MAX_SAFE_INTEGER + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => written((to) => to.writeLong(value))).toThrow(TypeError);
    }
  });

  it('of 32 bits are refused beyond them', () => {
    expect(() => read(varint(2n ** 31n), (from) => from.readInt())).toThrow(DecodeError);
    expect(read(varint(-(2n ** 31n)), (from) => from.readInt())).toBe(-(2 ** 31));
    expect(() => written((to) => to.writeInt(2 ** 31))).toThrow(TypeError);
  });

  it('of more than 64 bits or without an end are refused', () => {
    expect(() => read('ffffffffffffffffffff01', (from) => from.readLong())).toThrow(DecodeError);
    expect(() => read('ffff', (from) => from.readLong())).toThrow(DecodeError);
    expect(() => read('', (from) => from.readLong())).toThrow(DecodeError);
  });
});

describe('strings', () => {
  it('of every length survive, wherever the slab ends', () => {
    for (const unit of ['a', 'é', '€', '😀']) {
      for (const length of [0, 1, 31, 32, 47, 48, 49, 63, 64, 4095, 8191, 8192, 70_000, 400_000]) {
        const text = unit.repeat(length);
        const bytes = written((to) => to.writeString(text));
        expect(bytes.equals(Buffer.concat([varint(BigInt(Buffer.byteLength(text))), Buffer.from(text)]))).toBe(true);
        expect(read(bytes, (from) => from.readString()) === text).toBe(true);
      }
    }
  });

  it('have U+FFFD for half a surrogate pair and for what is no UTF-8', () => {
    for (const filling of ['', 'x'.repeat(100)]) {
      const bytes = written((to) => to.writeString(`${filling}\ud800a\udfff`));
      expect(read(bytes, (from) => from.readString())).toBe(`${filling}\ufffda\ufffd`);
    }
    expect(read('04ff41', (from) => from.readString())).toBe('\ufffdA');
  });

  it('are not mistaken for one read before whose characters are the bytes', () => {
    expect(read('04c3a9', (from) => from.readString())).toBe('é');
    expect(read('02e9', (from) => from.readString())).toBe('\ufffd');
    expect(read('02e9', (from) => from.readString())).toBe('\ufffd');
    expect(read('04c3a9', (from) => from.readString())).toBe('é');
  });

  it('are what they are, whatever was read before', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\ufffd'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(short, { maxLength: 50 }), (texts) => {
        for (const text of texts) {
          expect(
            read(
              written((to) => to.writeString(text)),
              (from) => from.readString(),
            ),
          ).toBe(text);
        }
      }),
    );
  });
});

describe('arrays and maps', () => {
  it('are read from several blocks, also from those that state their size', () => {
    const items = (from: AvroReader) => readArray(from, 1, (each) => each.readString());
    expect(read('020261' + '01040262' + '00', items)).toEqual(['a', 'b']);
    expect(read('0202610262' + '010802630264' + '00', (from) => from.readStringMap())).toEqual({ a: 'b', c: 'd' });
  });

  it('keep every key as plain data', () => {
    const map = { ['__proto__']: 'a', constructor: 'b', toString: 'c' };
    const bytes = written((to) => to.writeStringMap(map));
    const decoded = read(bytes, (from) => from.readStringMap());
    expect(Object.entries(decoded)).toEqual(Object.entries(map));
    expect(Object.getPrototypeOf(Object.getPrototypeOf(decoded))).toBeNull();
    expect(
      read(
        written((to) => to.writeStringMap({})),
        (from) => from.readStringMap(),
      ).toString,
    ).toBeUndefined();
    const numbers = read(
      written((to) => writeMap(to, { ['__proto__']: 1 }, (each, value) => each.writeInt(value))),
      (from) => readMap(from, 1, (each) => each.readInt()),
    );
    expect(Object.entries(numbers)).toEqual([['__proto__', 1]]);
  });

  it('write the same key the same way, however many others come between', () => {
    const keys = ['a', 'é', 'k'.repeat(64), 'l'.repeat(65), 'm'.repeat(9000), '\ud800'];
    const others = Array.from({ length: 3000 }, (_, index) => `other-${index}`);
    const fresh = () => written((to) => to.writeStringMap(Object.fromEntries(keys.map((key) => [key, 'v']))));
    const first = fresh();
    written((to) => to.writeStringMap(Object.fromEntries(others.map((key) => [key, 'v']))));
    expect([fresh(), fresh()].every((bytes) => bytes.equals(first))).toBe(true);
    expect(Object.keys(read(first, (from) => from.readStringMap()))).toEqual(keys.map((key) => key.toWellFormed()));
  });

  it('survive with many entries', () => {
    const items = Array.from({ length: 5000 }, (_, index) => index);
    const bytes = written((to) => writeArray(to, items, (each, item) => each.writeInt(item)));
    expect(read(bytes, (from) => readArray(from, 1, (each) => each.readInt()))).toEqual(items);
  });
});

describe('corrupt bytes', () => {
  const counts = {
    '2^31': '8080808010',
    '2^53': '80808080808080a000',
    '−2^31': 'ffffffff0f',
    '2^52': '808080808080808010',
  };

  it.each(Object.entries(counts))('that claim %s items or bytes are refused without allocating them', (_, count) => {
    const before = process.memoryUsage();
    const reads: ((from: AvroReader) => unknown)[] = [
      (from) => from.readString(),
      (from) => from.readBytes(),
      (from) => from.readStringMap(),
      (from) => readArray(from, 1, (each) => each.readString()),
      (from) => readMap(from, 1, (each) => each.readInt()),
    ];
    for (const each of reads) expect(() => read(`${count}0000000000`, each)).toThrow(DecodeError);
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(16 * 1024 * 1024);
  });

  it.each([
    ['a boolean that is neither', '02', (from: AvroReader) => from.readBoolean()],
    ['a symbol that does not exist', '06', (from: AvroReader) => from.readEnum(['a', 'b', 'c'])],
    ['a symbol before the first', '01', (from: AvroReader) => from.readEnum(['a'])],
    ['a branch that does not exist', '04', (from: AvroReader) => from.readBranch(2)],
    ['a length below zero', '0161', (from: AvroReader) => from.readString()],
    ['a string cut short', '0661', (from: AvroReader) => from.readString()],
    ['a number cut short', '000000', (from: AvroReader) => from.readFloat()],
    ['bytes left over', '0000', (from: AvroReader) => from.readInt()],
    ['an array without an end', '020261', (from: AvroReader) => readArray(from, 1, (each) => each.readString())],
  ])('are refused: %s', (_, hex, readValue) => {
    expect(() => read<unknown>(hex, readValue)).toThrow(DecodeError);
  });
});

describe('the writer', () => {
  it('forgets a record that failed midway', () => {
    const first = written((to) => to.writeString('first'));
    writer.begin();
    writer.writeString('half');
    expect(() => writer.writeLong(Number.NaN)).toThrow(TypeError);
    const second = written((to) => to.writeString('second'));
    expect(read(first, (from) => from.readString())).toBe('first');
    expect(read(second, (from) => from.readString())).toBe('second');
  });

  it('does not let a record be transferred to another thread, which would take its neighbours along', () => {
    const record = written((to) => to.writeString('shared'));
    expect(() => structuredClone(record, { transfer: [record.buffer] })).toThrow(/transfer/i);
    expect(read(record, (from) => from.readString())).toBe('shared');
  });

  it('never touches bytes it has handed out', () => {
    const texts = fc.string({ maxLength: 3000 });
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 60 }), (values) => {
        const records = values.map((text) => written((to) => to.writeString(text)));
        expect(records.map((bytes) => read(bytes, (from) => from.readString()))).toEqual(
          values.map((text) => text.toWellFormed()),
        );
      }),
    );
  });
});
