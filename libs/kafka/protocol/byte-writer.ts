/** Writes the types of Kafka's protocol (KIP-482 for the compact ones) into one growing buffer. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(512);
  #length = 0;

  /** What was written so far, not copied. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  int8(value: number): this {
    this.#length = this.#room(1).writeInt8(value, this.#length);
    return this;
  }

  int16(value: number): this {
    this.#length = this.#room(2).writeInt16BE(value, this.#length);
    return this;
  }

  int32(value: number): this {
    this.#length = this.#room(4).writeInt32BE(value, this.#length);
    return this;
  }

  int64(value: number | bigint): this {
    this.#length = this.#room(8).writeBigInt64BE(BigInt(value), this.#length);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  /** UNSIGNED_VARINT. */
  uvarint(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      this.#length = this.#room(1).writeUInt8((rest & 0x7f) | 0x80, this.#length);
      rest >>>= 7;
    }
    this.#length = this.#room(1).writeUInt8(rest, this.#length);
    return this;
  }

  /** NULLABLE_STRING. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    this.int16(Buffer.byteLength(value));
    return this.#text(value);
  }

  /** COMPACT_NULLABLE_STRING. */
  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    this.uvarint(Buffer.byteLength(value) + 1);
    return this.#text(value);
  }

  /** UUID, from its usual text form. */
  uuid(value: string): this {
    return this.raw(Buffer.from(value.replaceAll('-', ''), 'hex'));
  }

  /** BYTES. */
  bytes(value: Buffer): this {
    return this.int32(value.length).raw(value);
  }

  raw(value: Buffer): this {
    value.copy(this.#room(value.length), this.#length);
    this.#length += value.length;
    return this;
  }

  array<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  compactArray<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.uvarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** An empty tagged-fields section. */
  noTags(): this {
    return this.uvarint(0);
  }

  #text(value: string): this {
    const room = this.#room(Buffer.byteLength(value));
    this.#length += room.write(value, this.#length, 'utf8');
    return this;
  }

  #room(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}
