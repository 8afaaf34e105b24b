import type { Replay } from '@tailrace/http/contract/generated.ts';
import { shortMoment } from '../ui/text/format.ts';

/** Whether a replay began with whatever was kept, of whatever time. */
export function isOfAllKept({ from }: Pick<Replay, 'from'>): boolean {
  return Date.parse(from) === 0;
}

/** The event times of a replay. */
export function rangeText(replay: Pick<Replay, 'from' | 'to'>): string {
  const from = isOfAllKept(replay) ? 'all that is kept' : shortMoment(replay.from);
  return `${from} – ${shortMoment(replay.to)}`;
}
