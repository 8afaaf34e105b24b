import { ClientSecretCredential } from '@azure/identity';
import { LogsQueryClient } from '@azure/monitor-query-logs';
import type { Page, Source, TimeRange } from '@tailrace/connector/connector.ts';
import { ConnectorError } from '@tailrace/connector/connector-error.ts';
import { azureFailure } from './azure-failure.ts';
import type { AzureConfig } from './config.ts';
import { type KqlPipeline, parsePipeline } from './kql-pipeline.ts';
import { type RequestContext, requestContext, requestPolicy } from './request-policy.ts';
import { rowEvent } from './row-event.ts';
import { timespanOf, wrapQuery } from './wrap-query.ts';

/** Whatever the endpoint, the token is for the Log Analytics API: the SDK ignores `audience` (azure-sdk-for-js#39506). */
const scope = 'https://api.loganalytics.io/.default';
const minuteMicros = 60_000_000;

/** Reads one table of one workspace, by the time of ingestion, through the user's query. */
export function openSource(config: AzureConfig): Source {
  const pipeline = pipelineOf(config);
  const noRetries = { retryOptions: { maxRetries: 0 } };
  const credential = new ClientSecretCredential(config.tenant_id, config.client_id, config.client_secret, {
    ...noRetries,
    ...(config.authority_host !== undefined && {
      authorityHost: config.authority_host,
      disableInstanceDiscovery: true,
    }),
  });
  const client = new LogsQueryClient(credential, {
    ...noRetries,
    credentials: { scopes: [scope] },
    ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
  });
  client.pipeline.addPolicy(requestPolicy);

  async function* ask(range: TimeRange, signal: AbortSignal): AsyncGenerator<Page> {
    const context: RequestContext = {
      signal: AbortSignal.any([signal, AbortSignal.timeout(config.request_timeout_ms)]),
    };
    const result = await requestContext
      .run(context, () =>
        orAbort(
          client.queryWorkspace(config.workspace_id, wrapQuery(pipeline, range), interval(range)),
          context.signal,
        ),
      )
      .catch((error: unknown) => {
        signal.throwIfAborted();
        throw azureFailure(error);
      });
    if (result.status !== 'Success') {
      // Which rows are missing is not told, so none of them counts as read.
      throw new ConnectorError(
        'range_too_large',
        `Azure: a partial answer was discarded: ${result.partialError.message}`,
      );
    }
    const rows = result.tables[0]?.rows ?? [];
    yield {
      events: rows.map((row) => rowEvent(row, pipeline.table)),
      last: true,
      ...(context.providerTime !== undefined && { providerTime: context.providerTime }),
    };
  }

  return {
    async test(signal) {
      const now = Date.now() * 1000;
      for await (const _page of ask({ start: now - minuteMicros, end: now }, signal));
    },
    sweep: ask,
    async close() {
      // The SDK keeps no connection that would have to be closed.
    },
  };
}

function interval(range: TimeRange): { startTime: Date; endTime: Date } {
  const { start, end } = timespanOf(range);
  return { startTime: new Date(Math.floor(start / 1000)), endTime: new Date(Math.ceil(end / 1000)) };
}

/** Fetching a token takes no signal, so the wait for it is what ends. */
async function orAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
}

function pipelineOf({ query }: AzureConfig): KqlPipeline {
  const parsed = parsePipeline(query);
  if ('problem' in parsed) throw new ConnectorError('invalid_config', `query ${parsed.problem}`);
  return parsed;
}
