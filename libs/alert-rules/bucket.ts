/**
 * Lines are counted in buckets of event time. A bucket is named by its number: its start in milliseconds since the
 * epoch, divided by this. Windows and cooldowns are whole numbers of buckets.
 */
export const bucketMs = 10_000;

/** @param micros event time, microseconds since the epoch. */
export function bucketOf(micros: number): number {
  return Math.floor(micros / (bucketMs * 1000));
}

/** When a bucket begins, microseconds since the epoch. */
export function bucketStart(bucket: number): number {
  return bucket * bucketMs * 1000;
}
