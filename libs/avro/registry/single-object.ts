/** Avro's single-object encoding (Avro 1.12 specification): C3 01, the schema's fingerprint, the value. */
export const singleObjectHeaderLength = 10;

const magic = 0xc3;
const version = 0x01;

/** @param fingerprint 16 hexadecimal digits, in the order of the wire. */
export function singleObjectHeader(fingerprint: string): Buffer {
  return Buffer.concat([Buffer.of(magic, version), Buffer.from(fingerprint, 'hex')]);
}

/** The fingerprint that the bytes name; undefined when they are in another encoding. */
export function fingerprintIn(bytes: Buffer): string | undefined {
  if (bytes.length < singleObjectHeaderLength || bytes[0] !== magic || bytes[1] !== version) return undefined;
  return bytes.toString('hex', 2, singleObjectHeaderLength);
}

/** A loop, because `Buffer.compare` costs more than ten bytes do. */
export function startsWith(bytes: Buffer, header: Buffer): boolean {
  for (let index = 0; index < header.length; index++) {
    if (bytes[index] !== header[index]) return false;
  }
  return true;
}
