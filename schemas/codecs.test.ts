import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DecodeError, UnknownSchemaError } from '@tailrace/avro/errors.ts';
import { RecordCodec } from '@tailrace/avro/record-codec.ts';
import { canonicalForm } from '@tailrace/avro/schema/canonical-form.ts';
import { fingerprintOf } from '@tailrace/avro/schema/fingerprint.ts';
import { parseRecordSchema } from '@tailrace/avro/schema/schema.ts';
import { avscType } from '@tailrace/avro/test-avsc.ts';
import { normal, valuesOf } from '@tailrace/avro/test-values.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const headerLength = 10;
const schemas = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.avsc'));

describe.each(schemas)('%s', async (file) => {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  const schema = parseRecordSchema(text);
  const type = avscType(text);
  const codec = await codecOf(file);
  const values = valuesOf(schema);

  it('writes the bytes that avsc writes, behind the single-object header', () => {
    const header = Buffer.concat([Buffer.of(0xc3, 1), Buffer.from(fingerprintOf(canonicalForm(schema)), 'hex')]);
    fc.assert(
      fc.property(values, (value) => {
        // avsc writes half a surrogate pair as it is, which is no UTF-8.
        const expected = Buffer.concat([header, type.toBuffer(normal(value))]);
        expect(codec.encode(value).toString('hex')).toBe(expected.toString('hex'));
      }),
    );
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(normal(codec.decode(codec.encode(value)))).toEqual(normal(value));
      }),
    );
  });

  it('keeps encoded records apart', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 20 }), (many) => {
        const encoded = many.map((value) => codec.encode(value));
        const alone = many.map((value) => Buffer.from(codec.encode(value)));
        expect(encoded.every((bytes, index) => alone[index]?.equals(bytes))).toBe(true);
      }),
    );
  });

  it('answers corrupt bytes with a value or a DecodeError', () => {
    const corrupt = fc
      .tuple(values, fc.array(fc.tuple(fc.nat(), corruption), { minLength: 1, maxLength: 4 }))
      .map(([value, corruptions]) => {
        const body = codec.encode(value).subarray(headerLength);
        return corruptions.reduce((bytes, [at, corruptAt]) => corruptAt(bytes, at % (bytes.length + 1)), body);
      });
    const header = codec.encode(fc.sample(values, 1)[0]).subarray(0, headerLength);
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(corrupt, fc.uint8Array().map(Buffer.from)), (body) => {
        try {
          codec.decode(Buffer.concat([header, body]));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          refused++;
        }
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  it('refuses any other beginning', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(() => codec.decode(Buffer.from(bytes))).toThrow(
          bytes.length > 5 && bytes[0] === 0 ? UnknownSchemaError : DecodeError,
        );
      }),
    );
  });
});

type Corrupt = (bytes: Buffer, at: number) => Buffer;

/** 2^31, 2^53, 2^62 and −2^31 as lengths and counts; cuts; noise. */
const corruption: fc.Arbitrary<Corrupt> = fc.oneof(
  fc
    .constantFrom(
      '8080808010',
      '80808080808080c000',
      'fffffffffffffffe7f',
      'ffffffff0f',
      'ffffffffffffffffffff01',
      '01',
    )
    .map(
      (hex): Corrupt =>
        (bytes, at) =>
          Buffer.concat([bytes.subarray(0, at), Buffer.from(hex, 'hex'), bytes.subarray(at)]),
    ),
  fc.constant<Corrupt>((bytes, at) => bytes.subarray(0, at)),
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map(
    (noise): Corrupt =>
      (bytes, at) => {
        return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at + noise.length)]);
      },
  ),
);

async function codecOf(file: string): Promise<RecordCodec<unknown>> {
  const module: Record<string, unknown> = await import(`./generated/${basename(file, '.avsc')}.ts`);
  const codec = Object.values(module).find((each) => each instanceof RecordCodec);
  if (codec === undefined) throw new Error(`${file} has no codec`);
  return codec;
}
