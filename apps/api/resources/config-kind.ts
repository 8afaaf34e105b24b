import type { z } from 'zod';

/** A configuration as a person gives it: settings and secrets side by side. */
export type GivenConfig = Readonly<Record<string, unknown>>;

/** What says which fields a configuration has: a connector, a kind of channel. */
export interface ConfigKind {
  readonly configSchema: z.ZodObject;
  readonly secretFields: readonly string[];
  /** For each secret, the fields that decide where it goes. */
  readonly secretAddresses: Readonly<Record<string, readonly string[]>>;
  /** Secrets that a configuration sends nowhere; left out: none. */
  unusedSecrets?(settings: GivenConfig): readonly string[];
}

export interface FieldError {
  /** Empty when it is about the whole. */
  readonly field: string;
  readonly message: string;
}
