import type { AlertRule, Backtest } from '@tailrace/http/contract/generated.ts';
import { useEffect, useState } from 'react';
import { messageOf } from '../api/http.ts';
import { useApp } from '../ui/app-context.ts';
import { connectionName } from '../ui/loading/use-connections.ts';
import { count, duration, shortMoment } from '../ui/text/format.ts';
import { BacktestTimeline } from './backtest-timeline.tsx';
import type { RuleBody } from './rule-draft.ts';

interface BacktestPreviewProps {
  /** The rule as it would be saved, as JSON; undefined while its filter cannot be read. */
  readonly body: string | undefined;
  /** The stored rule that it is a change of. */
  readonly stored: AlertRule | undefined;
  /** Of connections, by id. */
  readonly names: ReadonlyMap<string, string>;
}

const spans = [
  ['-1h', 'hour'],
  ['-6h', '6 hours'],
  ['-1d', 'day'],
  ['-3d', '3 days'],
] as const;
type Span = (typeof spans)[number][0];

/** Asked for when nobody has written for a moment. */
const quietMs = 600;

/** What the rule would have fired on the kept log, asked again whenever it changes; nothing is sent. */
export function BacktestPreview({ body, stored, names }: BacktestPreviewProps) {
  const [span, setSpan] = useState<Span>('-6h');
  const { result, problem, busy, progress } = useBacktest(body, stored?.id, span);
  return (
    <section className="backtest" aria-label="Preview" aria-busy={busy}>
      <div className="backtest-head">
        <h3>What it would have fired</h3>
        <select
          className="narrow-select"
          aria-label="Part of the past"
          value={span}
          onChange={({ target }) => setSpan(spans.find(([each]) => each === target.value)?.[0] ?? '-6h')}
        >
          {spans.map(([each, name]) => (
            <option key={each} value={each}>
              last {name}
            </option>
          ))}
        </select>
      </div>
      {problem && <p className="dim">{problem}</p>}
      {!problem && !result && <p className="dim">{busy ? progressWords(progress) : 'Fill in the rule to see.'}</p>}
      {!problem && result && (
        <div className={busy ? 'is-stale' : undefined}>
          {busy && <p className="dim">{progressWords(progress)}</p>}
          <p role="status">
            <strong>{count(result.alerts_total)}</strong> {result.alerts_total === 1 ? 'alert' : 'alerts'},{' '}
            {count(result.matched)} lines that count
            {result.suppressed > 0 && `, ${count(result.suppressed)} repeats within cooldowns`}
            {result.compared_with &&
              `. As it is stored: ${count(result.compared_with.alerts_total)}; ${count(result.compared_with.only_first_total)} would be new, ${count(result.compared_with.only_second_total)} would go`}
          </p>
          <BacktestTimeline result={result} />
          {!result.log.whole && result.log.kept_since !== null && (
            <p className="dim">The log is kept since {shortMoment(result.log.kept_since)} only.</p>
          )}
          <ol className="backtest-alerts">
            {result.alerts.slice(-5).map((alert) => (
              <li key={alert.id}>
                <span className="number">{shortMoment(alert.started_at)}</span>{' '}
                <span className="dim">
                  {alert.group !== null && `${connectionName(names, alert.group)} · `}
                  {count(alert.matched)} lines ·{' '}
                  {alert.resolved_at === null
                    ? 'still open'
                    : `for ${duration(Date.parse(alert.resolved_at) - Date.parse(alert.started_at))}`}
                </span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </section>
  );
}

interface Preview {
  readonly result?: Backtest;
  readonly problem?: string;
  readonly busy: boolean;
  /** 0 to 1, once it is known. */
  readonly progress?: number | undefined;
  /** The kind of rule that this is about: a result of another kind says nothing of it. */
  readonly kind?: string;
}

function progressWords(progress: number | undefined): string {
  return progress === undefined ? 'Reading the log…' : `Reading the log: ${Math.floor(progress * 100)} %`;
}

function partOf({ read, total }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof read === 'number' && typeof total === 'number' && total > 0 ? Math.min(1, read / total) : undefined;
}

function useBacktest(body: string | undefined, storedId: string | undefined, from: Span): Preview {
  const { api, project } = useApp();
  const [preview, setPreview] = useState<Preview>({ busy: false });
  useEffect(() => {
    if (body === undefined) {
      setPreview({ busy: false });
      return undefined;
    }
    const stop = new AbortController();
    const rule: RuleBody = JSON.parse(body);
    const kind = rule.alert_type;
    setPreview((before) =>
      before.kind === kind ? { ...before, busy: true, progress: undefined } : { busy: true, kind },
    );
    const timer = setTimeout(async () => {
      try {
        const result = await api.follow(
          'POST alert-rules/backtest',
          {
            body: {
              project_id: project,
              // A rule without a name yet is looked at all the same.
              rule: { ...rule, name: rule.name.trim() || 'preview' },
              from,
              ...(storedId !== undefined && { compare_with: storedId }),
            },
            signal: stop.signal,
          },
          (line) => setPreview((before) => (stop.signal.aborted ? before : { ...before, progress: partOf(line) })),
        );
        if (!stop.signal.aborted) setPreview({ result, busy: false, kind });
      } catch (error) {
        if (!stop.signal.aborted) setPreview({ problem: messageOf(error), busy: false, kind });
      }
    }, quietMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, project, body, storedId, from]);
  return preview;
}
