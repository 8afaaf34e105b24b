import type { Replay } from '@tailrace/http/contract/generated.ts';
import type { Tone } from '../connections/connection-state.ts';
import { count, duration } from '../ui/text/format.ts';

const tones: Readonly<Record<Replay['status'], Tone>> = {
  pending: 'none',
  running: 'warn',
  paused: 'none',
  completed: 'good',
  failed: 'bad',
  cancelled: 'none',
};

/** Whether it has ended, one way or another. */
export function isOver({ status }: Replay): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

export function ReplayStatus({ replay: { status } }: { readonly replay: Replay }) {
  return <span className={`tag tone-${tones[status]}`}>{status}</span>;
}

const waits: Readonly<Record<string, string>> = {
  live_lag: 'live lines go first',
  database: 'waiting for the database',
  kafka: 'waiting for Kafka',
};

/** How far a replay is. */
export function Progress({ replay: { progress } }: { readonly replay: Replay }) {
  const { read, total, rate, remaining_seconds, waiting_for, waiting_detail } = progress;
  const part = total === null || total === 0 ? 0 : Math.min(1, read / total);
  return (
    <div className="progress">
      <progress value={part} max={1} aria-label="Raw events looked at">
        {Math.round(part * 100)} %
      </progress>
      <span className="dim number">
        {total === null ? 'about to begin' : `${count(read)} of ${count(total)} events`}
        {rate > 0 && `, ${count(rate)}/s`}
        {remaining_seconds !== null && `, ${duration(remaining_seconds * 1000)} left`}
        {waiting_for !== null && (
          <span title={waiting_detail ?? undefined}>, {waits[waiting_for] ?? `waiting for ${waiting_for}`}</span>
        )}
      </span>
    </div>
  );
}
