import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/** What one query's request is given, and what it leaves. */
export interface RequestContext {
  readonly signal: AbortSignal;
  /** Azure's clock when it answered, microseconds since the epoch. */
  providerTime?: number;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();

/**
 * Mends two defects of monitor-query-logs 1.0.0: `abortSignal` does not reach the request, and 204 (no data) ends in a
 * TypeError. Notes the answer's `Date` besides.
 */
export const requestPolicy: PipelinePolicy = {
  name: 'tailraceRequest',
  async sendRequest(request, next) {
    const context = requestContext.getStore();
    if (context) request.abortSignal = context.signal;
    const response = await next(request);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (context && !Number.isNaN(date)) context.providerTime = date * 1000;
    return response.status === 204 ? { ...response, status: 200, bodyAsText: '{"tables":[]}' } : response;
  },
};
