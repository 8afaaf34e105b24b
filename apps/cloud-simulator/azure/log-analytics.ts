import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Fault } from '../faults/fault.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import { instantFromMs } from '../instant.ts';
import type { AzureEvent } from '../store/cloud-event.ts';
import type { EventStore } from '../store/event-store.ts';
import type { HttpAnswer, HttpRequest } from '../wire/http-service.ts';
import { RequestQuota } from '../wire/request-quota.ts';
import { readAccessToken } from './access-token.ts';
import { AzureError, badQuery, insufficientAccess, unauthenticated } from './azure-error.ts';
import type { AzureClient } from './entra.ts';
import { ingestionBounds } from './kql/ingestion-bounds.ts';
import { parseQuery } from './kql/parse-query.ts';
import { runQuery } from './kql/run-query.ts';
import type { Row } from './kql/scope.ts';
import type { Column } from './kql/value.ts';
import { queryAnswer, type ResultLimits } from './query-answer.ts';
import { rowOf, type Tables } from './tables.ts';
import { readTimespan, type Timespan } from './timespan.ts';

interface LogAnalyticsParts {
  readonly clock: Clock;
  readonly faults: FaultInjector;
  readonly store: EventStore;
  readonly tables: Tables;
  readonly workspaceId: string;
  readonly clients: readonly AzureClient[];
  readonly limits: ResultLimits;
  readonly quotas: boolean;
}

const requestBody = z.object({ query: z.string(), timespan: z.string().nullish() });

/** The Log Analytics query API. */
export class LogAnalytics {
  readonly #parts: LogAnalyticsParts;
  /** 200 requests in 30 s for each Entra user. Source: Azure Monitor service limits, "User query throttling". */
  readonly #quota: RequestQuota;

  constructor(parts: LogAnalyticsParts) {
    this.#parts = parts;
    this.#quota = new RequestQuota(parts.clock, 200, 30_000);
  }

  query(request: HttpRequest, workspaceId: string): HttpAnswer {
    const kinds = [
      'throttle',
      'server-error',
      'expired-credentials',
      'access-denied',
      'partial-error',
      'no-content',
    ] as const;
    const fault = this.#parts.faults.meet('azure', 'query', ...kinds);
    try {
      const client = this.#clientOf(request);
      this.#obstruct(fault, client, workspaceId);
      if (fault?.kind === 'no-content') return { status: 204, outcome: 'no-content' };
      const rows = fault?.kind === 'partial-error' ? (fault.size ?? 'half') : undefined;
      const duplicate = this.#parts.faults.meet('azure', 'query', 'duplicate') !== undefined;
      const answer = queryAnswer(this.#run(request), this.#parts.limits, { rows, duplicate });
      const headers = { 'content-type': 'application/json; charset=utf-8' };
      return { status: 200, headers, body: answer.body, outcome: answer.partial ? 'PartialError' : 'ok' };
    } catch (error) {
      if (!(error instanceof AzureError)) throw error;
      const headers = { 'content-type': 'application/json; charset=utf-8', ...error.headers };
      return { status: error.status, headers, body: JSON.stringify(error), outcome: error.code };
    }
  }

  #clientOf(request: HttpRequest): AzureClient {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const claims = token === undefined ? undefined : readAccessToken(token);
    const client = this.#parts.clients.find((known) => known.clientId === claims?.appid);
    if (claims === undefined || client === undefined)
      throw unauthenticated('Authentication failed: no valid bearer token.');
    if (claims.exp * 1000 <= this.#parts.clock.now())
      throw unauthenticated('Authentication failed: the token is expired.');
    if (!/^https:\/\/api\.loganalytics\./.test(claims.aud)) {
      throw unauthenticated(`Authentication failed: the token is for '${claims.aud}'.`);
    }
    return client;
  }

  /** Throws what stands in the request's way. */
  #obstruct(fault: Fault | undefined, client: AzureClient, workspaceId: string): void {
    const { quotas } = this.#parts;
    const retryAfter = retryAfterHeader(fault?.retryAfterSeconds);
    if (fault?.kind === 'throttle') throw throttled(retryAfter);
    if (fault?.kind === 'server-error') {
      const message = 'The service is unavailable.';
      throw new AzureError(fault.status ?? 503, 'ServiceUnavailableError', message, { headers: retryAfter });
    }
    if (fault?.kind === 'expired-credentials') throw unauthenticated('Authentication failed: the token is expired.');
    if (fault?.kind === 'access-denied' || client.state === 'denied') throw insufficientAccess();
    if (workspaceId !== this.#parts.workspaceId) {
      throw new AzureError(404, 'PathNotFoundError', 'The requested path does not exist');
    }
    const early = quotas ? this.#quota.admit(client.clientId) : 0;
    if (early > 0) throw throttled(retryAfterHeader(Math.ceil(early / 1000)));
  }

  #run(request: HttpRequest): { readonly columns: readonly Column[]; readonly rows: Iterable<Row> } {
    const { clock, tables, store, workspaceId } = this.#parts;
    const now = instantFromMs(clock.now());
    const { query: text, timespan } = bodyOf(request);
    const query = parseQuery(text);
    const columns = tables.columnsOf(query.table);
    if (columns === undefined) {
      throw badQuery(
        'SemanticError',
        `A semantic error occurred. 'where' operator: Failed to resolve table or column expression named '${query.table}'`,
      );
    }
    const span = timespan == null ? undefined : readTimespan(timespan, now);
    const events = store.azureTable(workspaceId, query.table);
    const bounds = ingestionBounds(query.operators);
    const from = events.from((event) => bounds.from === undefined || event.ingestionTime >= bounds.from);
    const rows = rowsOf(from, columns, { now, to: bounds.to, span });
    return runQuery(query.operators, { columns, rows }, now);
  }
}

function* rowsOf(
  events: Iterable<AzureEvent>,
  columns: readonly Column[],
  limit: { readonly now: bigint; readonly to: bigint | undefined; readonly span: Timespan | undefined },
): Generator<Row> {
  const { now, to, span } = limit;
  for (const event of events) {
    if (to !== undefined && event.ingestionTime > to) return;
    if (event.visibleTime > now) continue;
    if (span !== undefined && (event.eventTime < span.from || event.eventTime > span.to)) continue;
    yield rowOf(event, columns);
  }
}

function bodyOf(request: HttpRequest): z.infer<typeof requestBody> {
  try {
    return requestBody.parse(JSON.parse(request.body.toString()));
  } catch {
    throw new AzureError(400, 'BadArgumentError', 'The request had some invalid properties');
  }
}

function throttled(headers: Readonly<Record<string, string>>): AzureError {
  return new AzureError(429, 'ThrottledError', 'The request was throttled: too many requests.', { headers });
}

function retryAfterHeader(seconds: number | undefined): Readonly<Record<string, string>> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}
