import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rsaKeyProblem } from './rsa-key.ts';

const generated = (modulusLength: number, options: object = {}) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', ...options },
  }).privateKey;

/** A key of numbers of chosen lengths, in PKCS #1 (RFC 8017, A.1.2), which no factory would make. */
function crafted(bits: { readonly n: number; readonly d?: number; readonly p?: number; readonly e?: number }): string {
  const half = bits.p ?? bits.n / 2;
  const lengths = [bits.n, bits.e ?? 24, bits.d ?? bits.n, half, half, half, half, half];
  const numbers = lengths.map((length) => der(2, Buffer.concat([Buffer.alloc(1), Buffer.alloc(length / 8, 0xff)])));
  const body = der(0x30, Buffer.concat([der(2, Buffer.alloc(1)), ...numbers])).toString('base64');
  return `-----BEGIN RSA PRIVATE KEY-----\n${body.replaceAll(/(.{64})/g, '$1\n')}\n-----END RSA PRIVATE KEY-----\n`;
}

function der(tag: number, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([Buffer.from([tag, 0x84]), length, content]);
}

describe('the private key of a service account', () => {
  it.each([2048, 4096])('may have %d bits, with line ends of either kind', (bits) => {
    const pem = generated(bits);
    expect(rsaKeyProblem(pem)).toBeUndefined();
    expect(rsaKeyProblem(pem.replaceAll('\n', '\r\n'))).toBeUndefined();
  });

  it.each([
    [
      'a key of 1,024 bits',
      generated(1024),
      'must be an RSA key of 2048 to 4096 bits; this one has 1024. Make a new key',
    ],
    ['a key of 24,576 bits', crafted({ n: 24_576 }), 'this is too long for one'],
    ['a key of 5,120 bits', crafted({ n: 5120 }), 'this one has 5120'],
    ['long primes under a short modulus', crafted({ n: 2048, p: 3600 }), 'its numbers do not belong together'],
    ['a long exponent', crafted({ n: 2048, d: 6000 }), 'its numbers do not belong together'],
    ['a long public exponent', crafted({ n: 2048, e: 2048 }), 'its numbers do not belong together'],
    ['a key with a passphrase', generated(2048, { cipher: 'aes-256-cbc', passphrase: 'x' }), 'without a passphrase'],
    ['no key', 'x', 'must be an RSA private key in PEM'],
  ])('must not be %s', (_, pem, problem) => {
    expect(rsaKeyProblem(pem)).toContain(problem);
  });
});
