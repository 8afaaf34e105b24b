import { duration } from '../ui/format.ts';

interface LatenessProps {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** A second to an hour, each mark ten times or six times the one before: lateness has a long tail. */
const scale = [100, 1000, 10_000, 60_000, 600_000, 3_600_000];

/** How long after its time an event can be read at the cloud: half of them, 95 and 99 of a hundred. */
export function Lateness({ p50, p95, p99 }: LatenessProps) {
  const bars = [
    ['half of all', p50],
    ['95 %', p95],
    ['99 %', p99],
  ] as const;
  if (p50 === null) return null;
  return (
    <section>
      <h3>Lateness: from an event’s time to when the cloud had it</h3>
      <dl className="lateness">
        {bars.map(([label, ms]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <span className="lateness-bar" style={{ width: `${place(ms ?? 0)}%` }} />
            </dd>
            <dd className="number">{ms === null ? '–' : `≤ ${duration(ms)}`}</dd>
          </div>
        ))}
      </dl>
      <p className="lateness-scale dim" aria-hidden="true">
        {scale.map((ms) => (
          <span key={ms}>{duration(ms)}</span>
        ))}
      </p>
    </section>
  );
}

/** Where a lateness is on the scale, in per cent of its length. */
function place(ms: number): number {
  const [least = 1, most = 1] = [scale[0], scale.at(-1)];
  const part = Math.log(Math.max(ms, least) / least) / Math.log(most / least);
  return Math.min(100, 2 + 98 * part);
}
