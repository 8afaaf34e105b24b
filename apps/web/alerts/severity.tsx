import type { Alert } from '@tailrace/http/contract/generated.ts';
import type { Tone } from '../connections/connection-state.ts';

const tones: Readonly<Record<Alert['severity'], Tone>> = {
  low: 'none',
  medium: 'warn',
  high: 'bad',
  critical: 'bad',
};

/** How much an alert matters. */
export function Severity({ severity }: { readonly severity: Alert['severity'] }) {
  return <span className={`tag severity-${severity} tone-${tones[severity]}`}>{severity}</span>;
}
