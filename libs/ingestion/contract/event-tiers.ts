import type { SweepTier } from './connector.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The newest tier looks back at least this far, and over two of its periods. */
const leastLookbackMs = 15 * second;

/** The rarer looks for what comes late. Several short ones read less, when much comes, than one long one would. */
const ladder: readonly SweepTier[] = [
  { lookbackMs: 2 * minute, everyMs: 10 * second },
  { lookbackMs: hour, everyMs: minute },
  { lookbackMs: day, everyMs: 15 * minute },
  { lookbackMs: 14 * day, everyMs: day },
];

/** Sweeps for a provider that selects by event time, up to 14 days back. A tier that the one before it makes needless is left out. */
export function eventTiers(pollIntervalMs: number): readonly SweepTier[] {
  const tiers: SweepTier[] = [{ lookbackMs: Math.max(leastLookbackMs, 2 * pollIntervalMs), everyMs: pollIntervalMs }];
  for (const tier of ladder) {
    const { lookbackMs, everyMs } = tiers.at(-1)!;
    if (tier.lookbackMs > lookbackMs && tier.everyMs > everyMs) tiers.push(tier);
  }
  return tiers;
}
