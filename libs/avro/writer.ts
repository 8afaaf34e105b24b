import { markAsUntransferable } from 'node:worker_threads';
import { KeyCache } from './key-cache.ts';

/** Large enough that allocation is rare, small enough that a record kept for long pins little else. */
const slabSize = 64 * 1024;
/** Room every record starts with, so that small fields need no slab of their own. */
const minimumRoom = 2 * 1024;
/** Below this many UTF-16 units a loop in JavaScript beats the call into C++. */
const shortString = 16;
const maximumVarint = 10;

/**
 * Writes Avro's binary encoding (Avro 1.12 specification, "Binary encoding") record after record into shared slabs, so
 * that a record costs no allocation but its view. Values out of range throw a TypeError; the codec names the field.
 */
export class AvroWriter {
  private buffer = newSlab(slabSize);
  private readonly keys = new KeyCache();
  private start = 0;
  private position = 0;

  /** Starts a record. Whatever an unfinished one wrote is forgotten. */
  begin(): void {
    this.position = this.start;
    if (this.buffer.length - this.start < minimumRoom) {
      this.buffer = newSlab(slabSize);
      this.start = 0;
      this.position = 0;
    }
  }

  /** Ends the record and hands out its bytes; they are never written to again. */
  finish(): Buffer<ArrayBuffer> {
    const record = this.buffer.subarray(this.start, this.position);
    this.start = this.position;
    return record;
  }

  /** Bytes as they are, without a length: a frame's header. */
  writeRaw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.position);
    this.position += bytes.length;
  }

  writeBoolean(value: boolean): void {
    if (typeof value !== 'boolean') throw new TypeError('not a boolean');
    this.reserve(1);
    this.buffer[this.position++] = value ? 1 : 0;
  }

  /** A 32-bit integer, zig-zag and variable length. */
  writeInt(value: number): void {
    if ((value | 0) !== value) throw new TypeError('not a 32-bit integer');
    this.reserve(maximumVarint);
    this.writeUnsigned(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** A 64-bit integer as far as a number holds one exactly (±(2^53 − 1)). */
  writeLong(value: number): void {
    if (!Number.isSafeInteger(value)) throw new TypeError('not a safe integer');
    this.reserve(maximumVarint);
    if (value >= -0x40000000 && value < 0x40000000) {
      this.writeUnsigned(((value << 1) ^ (value >> 31)) >>> 0);
      return;
    }
    // Zig-zag would leave the safe range, so the sign bit and the lowest six bits are taken off first.
    const magnitude = value < 0 ? -(value + 1) : value;
    const rest = Math.floor(magnitude / 64);
    const high = Math.floor(rest / 0x10000000);
    const low = rest - high * 0x10000000;
    const first = ((magnitude - rest * 64) << 1) | (value < 0 ? 1 : 0);
    const { buffer } = this;
    let { position } = this;
    buffer[position++] = first | 0x80;
    if (high === 0) {
      this.position = position;
      this.writeUnsigned(low);
      return;
    }
    buffer[position++] = low | 0x80;
    buffer[position++] = (low >>> 7) | 0x80;
    buffer[position++] = (low >>> 14) | 0x80;
    buffer[position++] = (low >>> 21) | 0x80;
    this.position = position;
    this.writeUnsigned(high);
  }

  writeFloat(value: number): void {
    if (typeof value !== 'number') throw new TypeError('not a number');
    this.reserve(4);
    this.position = this.buffer.writeFloatLE(value, this.position);
  }

  writeDouble(value: number): void {
    if (typeof value !== 'number') throw new TypeError('not a number');
    this.reserve(8);
    this.position = this.buffer.writeDoubleLE(value, this.position);
  }

  writeBytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw new TypeError('not a Buffer');
    this.writeLong(value.length);
    this.writeRaw(value);
  }

  /** UTF-8 with its length; a surrogate without its pair becomes U+FFFD. */
  writeString(value: string): void {
    if (typeof value !== 'string') throw new TypeError('not a string');
    const { length } = value;
    if (length > shortString) {
      this.writeLongString(value);
      return;
    }
    this.reserve(length + 1);
    const { buffer } = this;
    let position = this.position + 1;
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) {
        this.writeLongString(value);
        return;
      }
      buffer[position++] = unit;
    }
    buffer[this.position] = length << 1;
    this.position = position;
  }

  /** The index of one of the schema's symbols. */
  writeEnum<Symbol extends string>(symbols: readonly Symbol[], value: Symbol): void {
    const index = symbols.indexOf(value);
    if (index < 0) throw new TypeError(`not one of ${symbols.join(', ')}`);
    this.writeInt(index);
  }

  /** An array's or map's single block: its items follow, then `endBlocks`. */
  beginBlock(items: number): void {
    if (items > 0) this.writeLong(items);
  }

  endBlocks(): void {
    this.writeInt(0);
  }

  /** A map's key: a string that is likely to come again. */
  writeKey(key: string): void {
    const encoded = this.keys.get(key);
    if (encoded !== undefined) {
      this.writeRaw(encoded);
      return;
    }
    this.reserveText(key);
    const start = this.position;
    this.writeString(key);
    this.keys.keep(key, this.buffer.subarray(start, this.position));
  }

  writeStringMap(map: Readonly<Record<string, string>>): void {
    const keys = Object.keys(map);
    this.beginBlock(keys.length);
    for (const key of keys) {
      this.writeKey(key);
      this.writeString(map[key] as string);
    }
    this.endBlocks();
  }

  /** The length goes before the text but is known after it: its width is guessed, and the text moved when wrong. */
  private writeLongString(value: string): void {
    this.reserveText(value);
    const guessed = varintWidth(value.length);
    const written = this.buffer.write(value, this.position + guessed, 'utf8');
    const width = varintWidth(written);
    const textAt = this.position + guessed;
    if (width !== guessed) this.buffer.copyWithin(this.position + width, textAt, textAt + written);
    this.writeUnsigned((written << 1) >>> 0);
    this.position += written;
  }

  private reserveText(value: string): void {
    const most = value.length * 3 + maximumVarint;
    if (this.position + most <= this.buffer.length) return;
    this.reserve(Buffer.byteLength(value) + maximumVarint);
  }

  private reserve(bytes: number): void {
    if (this.position + bytes > this.buffer.length) this.grow(bytes);
  }

  private grow(bytes: number): void {
    const written = this.position - this.start;
    const larger = newSlab(Math.max(slabSize, 2 * written + bytes));
    this.buffer.copy(larger, 0, this.start, this.position);
    this.buffer = larger;
    this.start = 0;
    this.position = written;
  }

  /** Seven bits a byte, lowest first. The room must be reserved. */
  private writeUnsigned(value: number): void {
    const { buffer } = this;
    let { position } = this;
    let rest = value;
    while (rest > 0x7f) {
      buffer[position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[position++] = rest;
    this.position = position;
  }
}

/** Many records lie in one slab, so handing one to another thread must copy it and never take the slab away. */
function newSlab(size: number): Buffer<ArrayBuffer> {
  const slab = Buffer.allocUnsafeSlow(size);
  markAsUntransferable(slab.buffer);
  return slab;
}

/** Bytes that a length takes as a zig-zag variable-length integer. */
function varintWidth(length: number): number {
  if (length < 1 << 6) return 1;
  if (length < 1 << 13) return 2;
  if (length < 1 << 20) return 3;
  if (length < 1 << 27) return 4;
  return 5;
}
