/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** More than this many records behind, a consumer is worth a look. */
export const worryingLag = 10_000;
