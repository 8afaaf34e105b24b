import { createPrivateKey, type KeyObject } from 'node:crypto';

/** A key of 4,096 bits takes 3,324 characters with line ends of two. */
const maxPemLength = 5000;
const [leastBits, mostBits] = [2048, 4096];
/** What is in use is 65537; a longer exponent only takes time. */
const mostExponentBits = 64;

/**
 * Why text is no private key that a service account has, or undefined. What signing with a key costs grows with the
 * cube of its numbers, all of which the maker of the file could choose, so each is measured before the key is used
 * (https://cloud.google.com/iam/docs/keys-upload: RSA, PEM; Google's own keys have 2,048 bits).
 */
export function rsaKeyProblem(pem: string): string | undefined {
  if (pem.length > maxPemLength)
    return `must be an RSA private key of at most ${mostBits} bits: this is too long for one`;
  if (/ENCRYPTED/.test(pem)) return 'must be a private key without a passphrase, as in the key file from Google';
  const key = privateKey(pem);
  if (key?.asymmetricKeyType !== 'rsa') return 'must be an RSA private key in PEM, with its line ends';
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < leastBits || modulusLength > mostBits) {
    return `must be an RSA key of ${leastBits} to ${mostBits} bits; this one has ${modulusLength}. Make a new key for the service account`;
  }
  return hasUsualNumbers(key, modulusLength)
    ? undefined
    : 'must be an RSA private key as Google makes them: its numbers do not belong together';
}

function privateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // Key files are cut, or lose their line ends, on the way through shells and forms.
    return undefined;
  }
}

/** None is longer than those of a key of this length are. */
function hasUsualNumbers(key: KeyObject, modulusLength: number): boolean {
  try {
    const { d, e, p, q, dp, dq, qi } = key.export({ format: 'jwk' });
    const half = modulusLength / 2 + 8;
    return (
      bits(d) <= modulusLength && bits(e) <= mostExponentBits && [p, q, dp, dq, qi].every((part) => bits(part) <= half)
    );
  } catch {
    return false;
  }
}

function bits(base64url: string | undefined): number {
  return base64url === undefined ? Number.POSITIVE_INFINITY : Buffer.from(base64url, 'base64url').length * 8;
}
