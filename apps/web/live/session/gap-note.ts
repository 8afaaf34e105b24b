import type { Gap } from '@tailrace/http/client/stream-parts.ts';
import { count } from '../../ui/text/format.ts';

/** Why lines are missing at a place, in words. */
export function gapNote({ matched, reason }: Gap): string {
  const lines = matched === null ? 'Lines' : `${count(matched)} lines`;
  return reason === 'slow_viewer'
    ? `${lines} were left out here: they came faster than this page took them.`
    : 'Lines are missing here: they are older than what the live stream keeps. Stored ones may be found by time.';
}

/** Between the stored lines and the live ones. */
export const holeNote = 'Lines may be missing around here: the database was behind when this was read.';
