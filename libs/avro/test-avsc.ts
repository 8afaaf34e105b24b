import avsc from 'avsc';

/** avsc's own numbers are wrong from 2^52 on (it doubles them), so it is given functions that read and write 64 bits. */
const exactLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  toBuffer: (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: Number.isSafeInteger,
  compare: (left: number, right: number) => left - right,
});

/** A schema as the other implementation has it: what ours is compared with. */
export function avscType(schema: string): avsc.Type {
  return avsc.Type.forSchema(JSON.parse(schema), {
    typeHook: (each) =>
      each === 'long' || (typeof each === 'object' && 'type' in each && each.type === 'long') ? exactLong : undefined,
  });
}
