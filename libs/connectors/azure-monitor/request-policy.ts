import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { ClientSecretCredential } from '@azure/identity';
import { AzureRefusal } from './azure-refusal.ts';

/** What one query's requests are given, and what they leave. */
export interface RequestContext {
  readonly signal: AbortSignal;
  /** The last answer that was no success. */
  refusal?: AzureRefusal;
  /** What kept a request from being answered at all. */
  unanswered?: unknown;
  /** Azure's clock when it answered, microseconds since the epoch. */
  providerTime?: number;
}

/** Reaches both pipelines through the SDKs, neither of which hands a signal on. */
export const requestContext = new AsyncLocalStorage<RequestContext>();

/** For requests to Entra ID: cancels them with the query, and keeps the answers that MSAL's errors leave out. */
export const entraPolicy: PipelinePolicy = {
  name: 'tailraceEntra',
  async sendRequest(request, next) {
    const context = requestContext.getStore();
    if (context) request.abortSignal = context.signal;
    try {
      const response = await next(request);
      if (context && response.status >= 400) {
        context.refusal = new AzureRefusal('Entra ID', response.status, response.headers, response.bodyAsText);
      }
      return response;
    } catch (error) {
      if (context) context.unanswered = error;
      throw error;
    }
  },
};

/**
 * For queries, in place of the SDK's own authentication, which renews tokens behind our back. Mends three defects of
 * monitor-query-logs 1.0.0: `abortSignal` does not reach the request, 204 (no data) ends in a TypeError, and so does an
 * error without a body. Notes the answer's `Date` besides.
 */
export function queryPolicy(credential: () => ClientSecretCredential, scope: string): PipelinePolicy {
  return {
    name: 'tailraceQuery',
    async sendRequest(request, next) {
      const context = requestContext.getStore();
      // MSAL keeps the token until shortly before it expires.
      const { token } = await credential().getToken(scope);
      request.headers.set('Authorization', `Bearer ${token}`);
      if (context) {
        delete context.refusal;
        delete context.unanswered;
        request.abortSignal = context.signal;
      }
      const response = await next(request);
      const date = Date.parse(response.headers.get('date') ?? '');
      if (context && !Number.isNaN(date)) context.providerTime = date * 1000;
      if (response.status === 204) return { ...response, status: 200, bodyAsText: '{"tables":[]}' };
      if (response.status !== 200) {
        throw new AzureRefusal('Log Analytics', response.status, response.headers, response.bodyAsText);
      }
      return response;
    },
  };
}
