/** Reads what a broker sent, front to back. Reading past the end is a RangeError, never made-up data. */
export class ByteReader {
  readonly bytes: Buffer;
  position: number;

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  int8(): number {
    return this.bytes.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#advance(4));
  }

  /** An int64 as a number: exact to 2^53. */
  int64(): number {
    const at = this.#advance(8);
    return this.bytes.readInt32BE(at) * 0x100000000 + this.bytes.readUInt32BE(at + 4);
  }

  /** A zigzag varint. Exact for every safe integer. */
  varint(): number {
    const { bytes } = this;
    let position = this.position;
    let byte = bytes[position++] as number;
    let value = byte & 0x7f;
    let factor = 128;
    while (byte >= 0x80) {
      if (position >= bytes.length || factor > 2 ** 63) throw new RangeError('a varint is cut short or too long');
      byte = bytes[position++] as number;
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    if (position > bytes.length) throw new RangeError('read past the end');
    this.position = position;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  unsignedVarint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes.readUInt8(this.#advance(1));
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
      if (factor > 2 ** 63) throw new RangeError('a varint is too long');
    }
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Buffer {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Bytes with their length as a zigzag varint before them; -1 is null. */
  varintBytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.take(length);
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  /** NULLABLE_STRING. */
  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.take(length).toString();
  }

  /** Compact nullable string (KIP-482). */
  compactString(): string | null {
    const length = this.unsignedVarint();
    return length === 0 ? null : this.take(length - 1).toString();
  }

  uuid(): string {
    const hex = this.take(16).toString('hex');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /** The elements of an array with an int32 count; null is empty. */
  array<Element>(element: () => Element): Element[] {
    const count = this.int32();
    const elements: Element[] = [];
    for (let index = 0; index < count; index++) elements.push(element());
    return elements;
  }

  /** Compact nullable bytes (KIP-482). */
  compactBytes(): Buffer | null {
    const length = this.unsignedVarint();
    return length === 0 ? null : this.take(length - 1);
  }

  /** The elements of a compact array (KIP-482); null is empty. */
  compactArray<Element>(element: () => Element): Element[] {
    const length = this.unsignedVarint() - 1;
    const elements: Element[] = [];
    for (let index = 0; index < length; index++) elements.push(element());
    return elements;
  }

  /** Passes over tagged fields (KIP-482). */
  skipTags(): void {
    const count = this.unsignedVarint();
    for (let index = 0; index < count; index++) {
      this.unsignedVarint();
      this.#advance(this.unsignedVarint());
    }
  }

  #advance(length: number): number {
    const start = this.position;
    if (length < 0 || start + length > this.bytes.length) {
      throw new RangeError(`read past the end: ${length} bytes at ${start} of ${this.bytes.length}`);
    }
    this.position = start + length;
    return start;
  }
}
