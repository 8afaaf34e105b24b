import type { ConnectionStats } from '@tailrace/http/contract/generated.ts';
import { duration } from '../ui/text/format.ts';
import { latenessBars } from './lateness-bars.ts';

/** How long after its time an event can be read at the cloud: how many took how long, and what most keep within. */
export function Lateness({ stats }: { readonly stats: ConnectionStats }) {
  const { lateness, lateness_p50_ms: half, lateness_p95_ms: most, lateness_p99_ms: nearlyAll } = stats;
  const bars = latenessBars(lateness);
  if (half === null) return null;
  const within = [
    ['Half of all within', half],
    ['95 % within', most],
    ['99 % within', nearlyAll],
  ] as const;
  return (
    <section>
      <h3>Lateness: from an event’s time to when the cloud had it</h3>
      {bars.length > 0 && (
        <ol className="lateness" aria-label="Events lately, by lateness">
          {bars.map(({ label, height, words }, index) => (
            <li key={label} title={words}>
              <span className="visually-hidden">{words}</span>
              {height > 0 && <span className="lateness-bar" style={{ height: `${100 * height}%` }} />}
              <span className="lateness-end" aria-hidden="true">
                {index % Math.ceil(bars.length / 12) === 0 ? label : ''}
              </span>
            </li>
          ))}
        </ol>
      )}
      <p className="dim">
        {within.flatMap(([label, ms]) => (ms === null ? [] : [`${label} ${duration(ms)}`])).join(' · ')}
      </p>
    </section>
  );
}
