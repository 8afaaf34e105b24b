import type { Backtest } from '@tailrace/http/contract/generated.ts';
import { count, shortMoment } from '../ui/text/format.ts';

const width = 640;
const height = 84;
const floor = 66;

/** Lines that count, by time, and the alerts over them: from when to when each would have been open. */
export function BacktestTimeline({ result }: { readonly result: Backtest }) {
  const { timeline, alerts } = result;
  const [from, to] = [Date.parse(result.from), Date.parse(result.to)];
  const x = (time: number) => ((Math.min(Math.max(time, from), to) - from) / (to - from)) * width;
  const highest = Math.max(1, ...timeline.buckets.map(({ matched }) => matched));
  const bar = Math.max(1, (timeline.bucket_seconds * 1000 * width) / (to - from) - 0.5);
  return (
    <figure className="backtest-timeline">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${count(result.matched)} lines and ${count(result.alerts_total)} alerts from ${shortMoment(result.from)} to ${shortMoment(result.to)}`}
      >
        {alerts.map((alert) => {
          const start = x(Date.parse(alert.started_at));
          const end = x(alert.resolved_at === null ? to : Date.parse(alert.resolved_at));
          return (
            <rect key={alert.id} className="open" x={start} y={0} width={Math.max(2, end - start)} height={floor} />
          );
        })}
        {timeline.buckets.map(({ start, matched }) => {
          const size = (matched / highest) * (floor - 6);
          return (
            <rect key={start} className="lines" x={x(Date.parse(start))} y={floor - size} width={bar} height={size} />
          );
        })}
        <line className="axis" x1={0} x2={width} y1={floor} y2={floor} />
        {alerts.map((alert) => {
          const at = Math.min(width - 4, Math.max(4, x(Date.parse(alert.started_at))));
          return <path key={alert.id} className="fired" d={`M${at} ${floor + 3}l5 11h-10z`} />;
        })}
      </svg>
      <figcaption className="dim">
        <span>{shortMoment(result.from)}</span>
        <span>▲ an alert fires · highest bar: {count(highest)} lines</span>
        <span>{shortMoment(result.to)}</span>
      </figcaption>
    </figure>
  );
}
