import type { ConnectionStats } from '@tailrace/http/contract/generated.ts';
import { count, duration } from '../ui/text/format.ts';

/** One bucket of the histogram, ready to be drawn. */
export interface LatenessBar {
  /** Its upper end, such as `200 ms`. */
  readonly label: string;
  /** Of the highest bar, 0 to 1. */
  readonly height: number;
  /** For people who hear it: `up to 200 ms: 1,234 events, 45 %`. */
  readonly words: string;
}

/** Upper ends of buckets go up in these steps: 1, 2, 5, 10, 20, 50, … milliseconds. */
function nextEnd(end: number): number {
  if (end === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(end) + 1e-9);
  const step = Math.round(end / power);
  return step === 1 ? 2 * power : step === 2 ? 5 * power : 10 * power;
}

/** At least up to here is drawn, so that one sees what is early and what is late. */
const leastEnd = 10_000;

/** The buckets from 0 to the last that holds events, with the empty ones between them; nothing where nothing was seen. */
export function latenessBars(buckets: ConnectionStats['lateness']): readonly LatenessBar[] {
  if (buckets.length === 0) return [];
  const total = buckets.reduce((sum, { events }) => sum + events, 0);
  const most = Math.max(...buckets.map(({ events }) => events));
  const events = new Map(buckets.map((bucket) => [bucket.up_to_ms, bucket.events]));
  const last = Math.max(leastEnd, ...buckets.map(({ up_to_ms: end }) => end ?? 0));
  const bar = (held: number, label: string, upTo: string): LatenessBar => {
    const share = Math.round((100 * held) / total);
    const words = held === 0 ? 'none' : `${count(held)} events, ${share === 0 ? 'under 1' : share} %`;
    return { label, height: held / most, words: `${upTo}: ${words}` };
  };
  const bars: LatenessBar[] = [];
  for (let end = 0; end <= last; end = nextEnd(end)) {
    bars.push(bar(events.get(end) ?? 0, duration(end), `up to ${duration(end)}`));
  }
  const later = events.get(null);
  if (later !== undefined) bars.push(bar(later, 'more', 'later'));
  return bars;
}
