import { describe, expect, it } from 'vitest';
import { DecodeError, EncodeError, UnknownSchemaError } from './errors.ts';
import { RecordCodec } from './record-codec.ts';
import { learnSchema } from './registry/learned-schemas.ts';
import { canonicalForm } from './schema/canonical-form.ts';
import { fingerprintOf } from './schema/fingerprint.ts';
import { parseSchema } from './schema/schema.ts';
import { avscType } from './test-avsc.ts';

interface User {
  readonly name: string;
  readonly age: number;
}

const current = schemaOf({ name: 'name', type: 'string' }, { name: 'age', type: 'int', default: -1 });
const earlier = schemaOf({ name: 'name', type: 'string' });
const codec = new RecordCodec<User>({
  name: 'User',
  schema: current,
  fingerprint: fingerprintIn(current),
  history: { [fingerprintIn(earlier)]: earlier },
  write: (writer, value) => {
    writer.writeString(value.name);
    writer.writeInt(value.age);
  },
  read: (reader) => ({ name: reader.readString(), age: reader.readInt() }),
});

describe('decoding', () => {
  it('reads this version and an earlier one', () => {
    expect(codec.decode(codec.encode({ name: 'Ada', age: 36 }))).toEqual({ name: 'Ada', age: 36 });
    expect(codec.decode(single(earlier, { name: 'Ada' }))).toEqual({ name: 'Ada', age: -1 });
    expect(codec.decode(single(earlier, { name: 'Bob' }))).toEqual({ name: 'Bob', age: -1 });
  });

  it('refuses an earlier version that is cut short or too long', () => {
    const bytes = single(earlier, { name: 'Ada' });
    expect(() => codec.decode(bytes.subarray(0, -1))).toThrow(DecodeError);
    expect(() => codec.decode(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(DecodeError);
  });

  it('distinguishes a schema that it does not know from bytes that are none', () => {
    const later = schemaOf({ name: 'name', type: 'string' }, { name: 'born', type: 'int' });
    const bytes = single(later, { name: 'Ada', born: 1815 });
    expect(() => codec.decode(bytes)).toThrow(UnknownSchemaError);
    expect(() => codec.decode(bytes)).toThrow(fingerprintIn(later));
    learnSchema(later);
    expect(codec.decode(bytes)).toEqual({ name: 'Ada', age: -1 });
    for (const hex of ['', 'c3', 'c301', 'c301000000', '7b7d', '000000']) {
      expect(() => codec.decode(Buffer.from(hex, 'hex'))).toThrow(DecodeError);
    }
  });

  it('refuses a schema that is known and is another one', () => {
    const other = '{"type":"record","name":"Other","fields":[]}';
    learnSchema(other);
    expect(() => codec.decode(single(other, {}))).toThrow(UnknownSchemaError);
    expect(() => codec.decode(single(other, {}))).toThrow('record Other cannot be read as record User');
  });

  it('names the registry id of bytes in Confluent’s wire format', () => {
    expect(() => codec.decode(Buffer.from('000000002a0641', 'hex'))).toThrow(/schema id 42/);
    expect(() => codec.decode(Buffer.from('000000002a0641', 'hex'))).toThrow(UnknownSchemaError);
  });
});

describe('encoding', () => {
  it.each([
    [{ name: 'x', age: 1.5 }, 'age is a number, not a 32-bit integer'],
    [{ name: 'x', age: Number.NaN }, 'age is NaN, not a 32-bit integer'],
    [{ name: 7, age: 1 }, 'name is a number, not a string'],
    [{ age: 1 }, 'name is undefined, not a string'],
    [null, 'the value is not an object'],
  ])('says what is wrong with %j', (value, message) => {
    const untyped: { encode(value: unknown): Buffer } = codec;
    expect(() => untyped.encode(value)).toThrow(EncodeError);
    expect(() => untyped.encode(value)).toThrow(`not a User: ${message}`);
  });

  it('never repeats a value', () => {
    const untyped: { encode(value: unknown): Buffer } = codec;
    expect(() => untyped.encode({ name: ['hunter2'], age: 'hunter2' })).toThrow(/^(?!.*hunter2)/);
  });

  it('goes on after a failure', () => {
    const untyped: { encode(value: unknown): Buffer } = codec;
    const before = codec.encode({ name: 'a', age: 1 });
    expect(() => untyped.encode({ name: 'half', age: 'no' })).toThrow(EncodeError);
    expect(codec.encode({ name: 'a', age: 1 })).toEqual(before);
  });
});

function schemaOf(...fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'User', fields });
}

function fingerprintIn(schema: string): string {
  return fingerprintOf(canonicalForm(parseSchema(schema)));
}

function single(schema: string, value: unknown): Buffer {
  return Buffer.concat([
    Buffer.of(0xc3, 1),
    Buffer.from(fingerprintIn(schema), 'hex'),
    avscType(schema).toBuffer(value),
  ]);
}
