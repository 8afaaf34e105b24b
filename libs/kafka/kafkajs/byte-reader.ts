/** Reads the types of Kafka's protocol from a buffer. Byte fields are views of it, not copies. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  skip(bytes: number): void {
    this.#offset += bytes;
  }

  int8(): number {
    this.#offset += 1;
    return this.#bytes.readInt8(this.#offset - 1);
  }

  int16(): number {
    this.#offset += 2;
    return this.#bytes.readInt16BE(this.#offset - 2);
  }

  int32(): number {
    this.#offset += 4;
    return this.#bytes.readInt32BE(this.#offset - 4);
  }

  int64(): bigint {
    this.#offset += 8;
    return this.#bytes.readBigInt64BE(this.#offset - 8);
  }

  /** An INT64 that is an offset or a time, exact below 2^53. */
  integer(): number {
    this.#offset += 8;
    return this.#bytes.readInt32BE(this.#offset - 8) * 2 ** 32 + this.#bytes.readUInt32BE(this.#offset - 4);
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  /** UNSIGNED_VARINT, and the unsigned form of VARLONG, exact below 2^53. */
  uvarint(): number {
    let byte = this.#bytes[this.#offset++]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 0x80;
    do {
      byte = this.#bytes[this.#offset++]!;
      if (byte === undefined || scale > 2 ** 56) throw new RangeError('a variable-length integer does not end');
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    return value;
  }

  /** VARINT and VARLONG: zigzag. */
  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** NULLABLE_STRING. */
  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.text(length);
  }

  /** COMPACT_NULLABLE_STRING. */
  compactString(): string | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.text(length);
  }

  text(length: number): string {
    return this.raw(length).toString();
  }

  /** COMPACT_NULLABLE_BYTES or COMPACT_RECORDS. */
  compactBytes(): Buffer | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.raw(length);
  }

  raw(length: number): Buffer {
    if (length > this.remaining) throw new RangeError(`a field of ${length} bytes is cut short at ${this.remaining}`);
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  uuid(): string {
    return this.raw(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  array<Item>(read: () => Item): Item[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  compactArray<Item>(read: () => Item): Item[] {
    return Array.from({ length: Math.max(0, this.uvarint() - 1) }, read);
  }

  /** Skips a tagged-fields section. */
  tags(): void {
    for (let left = this.uvarint(); left > 0; left -= 1) {
      this.uvarint();
      this.skip(this.uvarint());
    }
  }
}
