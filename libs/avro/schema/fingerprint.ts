const empty = 0xc15d213aa4d7a795n;

const table = Array.from({ length: 256 }, (_, index) => {
  let fingerprint = BigInt(index);
  for (let bit = 0; bit < 8; bit++) fingerprint = (fingerprint >> 1n) ^ (empty & -(fingerprint & 1n));
  return fingerprint;
});

/**
 * The 64-bit Rabin fingerprint CRC-64-AVRO (Avro 1.12 specification, "Schema Fingerprints") of a schema's canonical
 * form, as the 16 hexadecimal digits that stand little-endian in single-object encoding.
 */
export function fingerprintOf(canonicalForm: string): string {
  let fingerprint = empty;
  for (const byte of Buffer.from(canonicalForm)) {
    fingerprint = (fingerprint >> 8n) ^ (table[Number((fingerprint ^ BigInt(byte)) & 0xffn)] ?? 0n);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(fingerprint);
  return bytes.toString('hex');
}
