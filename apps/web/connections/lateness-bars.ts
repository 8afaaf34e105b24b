import type { ConnectionStats } from '../api/generated.ts';
import { count, duration } from '../ui/format.ts';

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

/** The buckets from the first to the last that holds events, with the empty ones between them. */
export function latenessBars(buckets: ConnectionStats['lateness']): readonly LatenessBar[] {
  const total = buckets.reduce((sum, { events }) => sum + events, 0);
  const most = Math.max(1, ...buckets.map(({ events }) => events));
  const bars: LatenessBar[] = [];
  let expected: number | undefined;
  for (const { up_to_ms: end, events } of buckets) {
    for (let empty = expected ?? end; end !== null && empty !== null && empty < end; empty = nextEnd(empty)) {
      bars.push({ label: duration(empty), height: 0, words: `up to ${duration(empty)}: none` });
    }
    const share = Math.round((100 * events) / total);
    const label = end === null ? 'more' : duration(end);
    const words = `${end === null ? 'later' : `up to ${label}`}: ${count(events)} events, ${share === 0 ? 'under 1' : share} %`;
    bars.push({ label, height: events / most, words });
    expected = end === null ? undefined : nextEnd(end);
  }
  return bars;
}
