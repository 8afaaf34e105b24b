import { DecodeError } from './errors.ts';
import { StringCache } from './string-cache.ts';
import { newStringMap } from './string-map.ts';

const maximumVarint = 10;
/** A map entry is at least the length of its key and the length of its value. */
const minimumStringEntry = 2;

const strings = new StringCache();

/**
 * Reads Avro's binary encoding. Every length and count is checked against the bytes that remain before anything is
 * allocated, so what a corrupt record costs is bounded by its size. Every failure is a DecodeError.
 */
export class AvroReader {
  private buffer: Buffer = Buffer.alloc(0);
  private position = 0;

  /** Starts at an offset of the bytes. They must not change until `finish`. */
  begin(bytes: Buffer, position: number): void {
    this.buffer = bytes;
    this.position = position;
  }

  /** @throws DecodeError when bytes are left over. */
  finish(): void {
    const left = this.remaining();
    if (left > 0) throw new DecodeError(`${left} bytes are left after the end of the record`);
  }

  readBoolean(): boolean {
    this.need(1);
    const byte = this.buffer[this.position++];
    if (byte === 0) return false;
    if (byte === 1) return true;
    throw new DecodeError(`boolean of value ${byte}`);
  }

  readInt(): number {
    const value = this.readLong();
    if ((value | 0) !== value) throw new DecodeError('int beyond 32 bits');
    return value;
  }

  /** @throws DecodeError beyond ±(2^53 − 1), which a number cannot hold exactly. */
  readLong(): number {
    const { buffer } = this;
    const byte = buffer[this.position];
    if (byte !== undefined && byte < 0x80) {
      this.position++;
      return (byte >>> 1) ^ -(byte & 1);
    }
    return this.readWideLong();
  }

  readFloat(): number {
    this.need(4);
    this.position += 4;
    return this.buffer.readFloatLE(this.position - 4);
  }

  readDouble(): number {
    this.need(8);
    this.position += 8;
    return this.buffer.readDoubleLE(this.position - 8);
  }

  /** A copy, so that keeping it does not keep the whole fetch response. */
  readBytes(): Buffer {
    return this.readFixed(this.readLength());
  }

  /** So many bytes, copied. */
  readFixed(length: number): Buffer {
    this.need(length);
    this.position += length;
    return Buffer.from(this.buffer.subarray(this.position - length, this.position));
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  readString(): string {
    const length = this.readLength();
    this.position += length;
    return strings.read(this.buffer, this.position - length, this.position);
  }

  readEnum<Symbol extends string>(symbols: readonly Symbol[]): Symbol {
    const index = this.readLong();
    const symbol = symbols[index];
    if (symbol === undefined) throw new DecodeError(`enum index ${index} of ${symbols.length} symbols`);
    return symbol;
  }

  /** Which branch of a union follows. */
  readBranch(branches: number): number {
    const branch = this.readLong();
    if (branch < 0 || branch >= branches) throw new DecodeError(`union branch ${branch} of ${branches}`);
    return branch;
  }

  /**
   * How many items the next block of an array or map holds; 0 ends it. A negative count announces the block's size in
   * bytes, which says nothing new here and is only checked.
   * @param minimumItem Bytes the smallest item takes; more items than could be there are refused.
   */
  readBlock(minimumItem: number): number {
    const count = this.readLong();
    if (count < 0) this.readLength();
    const items = Math.abs(count);
    if (items * minimumItem > this.remaining()) {
      throw new DecodeError(`block of ${items} items in ${this.remaining()} bytes`);
    }
    return items;
  }

  readStringMap(): Record<string, string> {
    const map = newStringMap();
    for (let items = this.readBlock(minimumStringEntry); items > 0; items = this.readBlock(minimumStringEntry)) {
      for (; items > 0; items--) {
        const key = this.readString();
        map[key] = this.readString();
      }
    }
    return map;
  }

  private remaining(): number {
    return this.buffer.length - this.position;
  }

  private need(bytes: number): void {
    if (bytes > this.remaining()) throw new DecodeError(`cut short: ${bytes} bytes wanted, ${this.remaining()} there`);
  }

  private readLength(): number {
    const length = this.readLong();
    if (length < 0) throw new DecodeError(`length of ${length}`);
    this.need(length);
    return length;
  }

  private readWideLong(): number {
    // Three limbs of 28 bits, since shifting works on 32 bits only.
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let index = 0; index < maximumVarint; index++) {
      const byte = this.buffer[this.position++];
      if (byte === undefined) throw new DecodeError('cut short inside an integer');
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index < 8) middle |= bits << (7 * (index - 4));
      else high |= bits << (7 * (index - 8));
      if (byte < 0x80) return signed(low, middle, high);
    }
    throw new DecodeError('integer of more than 64 bits');
  }
}

/** Undoes zig-zag on 28-bit limbs. */
function signed(low: number, middle: number, high: number): number {
  const magnitude = (low >>> 1) + middle * 0x8000000 + high * 0x80000000000000;
  const value = (low & 1) === 0 ? magnitude : -magnitude - 1;
  if (!Number.isSafeInteger(value)) throw new DecodeError('integer beyond 2^53, which a number cannot hold exactly');
  return value;
}
