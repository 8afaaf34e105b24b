import type { Alert } from '@tailrace/http/contract/generated.ts';
import { count, duration } from '../ui/text/format.ts';

/** What was measured when it fired, against what it had to reach. */
export function measured({ alert_type, value, threshold, window_ms, matched }: Alert): string {
  const span = duration(window_ms);
  if (alert_type === 'error_rate') {
    return `${value.toFixed(1)} errors a minute over ${span}; fires at ${threshold} or more`;
  }
  if (alert_type === 'absence') return `no line for ${span}`;
  return matched === 1 ? '1 matching line' : `${count(matched)} matching lines`;
}
