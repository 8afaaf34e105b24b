import type { webcrypto } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { z } from 'zod';
import { unauthenticated } from './unauthenticated.ts';

/** How long a key set is taken for current: a key that the provider withdraws is refused after this. */
const freshMs = 60_000;
/** How long the last set is used while the provider cannot be reached, so that its outage is not ours at once. */
const usableMs = 600_000;
/** Least time between two fetches for keys that are not in the set, and between two that fail. */
const cooldownMs = 10_000;
const timeoutMs = 5000;

/** RSA keys below are forged, keys above only cost time (NIST SP 800-131A). */
const rsaBits = { min: 2048, max: 8192 } as const;

type KeyOf = ReturnType<typeof createLocalJWKSet>;
const keySet: z.ZodType<JSONWebKeySet> = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** The keys of an identity provider, from its JSON Web Key Set (RFC 7517). */
export class ProviderKeys {
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  readonly #now: () => number;
  #last: { readonly keyOf: KeyOf; readonly fetchedAt: number } | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(url: URL, now: () => number = Date.now) {
    this.#now = now;
    this.#remote = createRemoteJWKSet(url, {
      timeoutDuration: timeoutMs,
      cooldownDuration: cooldownMs,
      cacheMaxAge: freshMs,
      [customFetch]: async (address, options) => {
        const response = await fetch(address, options);
        if (response.ok) this.#remember(await response.clone().json());
        return response;
      },
    });
  }

  /** The key that a token says it is signed with. @throws what jose throws; Problem 401 for a key of an unsafe size */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<webcrypto.CryptoKey> {
    const key = await this.#keyOf(header, token);
    const bits = 'modulusLength' in key.algorithm ? Number(key.algorithm.modulusLength) : rsaBits.min;
    if (bits >= rsaBits.min && bits <= rsaBits.max) return key;
    throw unauthenticated(
      `The token is signed with an RSA key of ${bits} bits; ${rsaBits.min} to ${rsaBits.max} are accepted.`,
    );
  }

  async #keyOf(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<webcrypto.CryptoKey> {
    const last = this.#last;
    const now = this.#now();
    const isUsable = last !== undefined && now - last.fetchedAt <= usableMs;
    if (isUsable && now - this.#failedAt < cooldownMs) return last.keyOf(header, token);
    try {
      return await this.#remote(header, token);
    } catch (error) {
      // These are answers: there is a set, and it does not hold the key.
      const isAnswer = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
      if (isAnswer || !isUsable) throw error;
      this.#failedAt = this.#now();
      return last.keyOf(header, token);
    }
  }

  #remember(json: unknown): void {
    const parsed = keySet.safeParse(json);
    if (parsed.success) this.#last = { keyOf: createLocalJWKSet(parsed.data), fetchedAt: this.#now() };
  }
}
