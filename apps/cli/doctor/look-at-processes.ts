import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { request } from '../api-client.ts';
import type { Finding } from './finding.ts';

const answersWithinMs = 5000;

/** What the processes said of themselves. */
export interface ProcessReport {
  readonly findings: readonly Finding[];
  /** Lag by consumer group, of the partitions that these processes own. */
  readonly lags: ReadonlyMap<string, number>;
}

/** Asks each process for its readiness, with the reasons, and for the lags it knows. The first is the server itself. */
export async function lookAtProcesses(urls: readonly URL[]): Promise<ProcessReport> {
  const reports = await Promise.all(urls.map((url, index) => lookAt(url, index === 0 ? 'server' : 'process')));
  const lags = new Map<string, number>();
  for (const report of reports) {
    for (const [group, lag] of report.lags) lags.set(group, (lags.get(group) ?? 0) + lag);
  }
  return { findings: reports.flatMap(({ findings }) => findings), lags };
}

async function lookAt(url: URL, what: string): Promise<ProcessReport> {
  const ask = (path: string) => request(new URL(path, url), AbortSignal.timeout(answersWithinMs));
  try {
    const health = await ask('/healthz');
    const ready = await ask('/readyz');
    const findings = [
      { what, ok: health.ok, detail: `${url.origin} answers ${health.status}` },
      { what: 'roles', ok: ready.ok, detail: `${url.origin}: ${ready.ok ? 'all ready' : await reasons(ready)}` },
    ];
    const metrics = await ask('/metrics');
    return { findings, lags: lagsIn(await metrics.text()) };
  } catch (error) {
    return { findings: [{ what, ok: false, detail: messageOf(error) }], lags: new Map() };
  }
}

async function reasons(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null && 'detail' in body
    ? String(body.detail)
    : `answers ${response.status}`;
}

/** Sums the lag of each consumer group from the Prometheus text. */
function lagsIn(metrics: string): Map<string, number> {
  const groups = new Map<string, number>();
  for (const line of metrics.split('\n')) {
    const [, group, lag] = /^tailrace_consumer_lag_records\{.*?group="([^"]+)".*\} (\S+)$/.exec(line) ?? [];
    if (group !== undefined) groups.set(group, (groups.get(group) ?? 0) + Number(lag));
  }
  return groups;
}
