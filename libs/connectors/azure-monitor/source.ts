import { askProvider } from '@tailrace/ingestion/asking/ask-provider.ts';
import { safeMessage } from '@tailrace/ingestion/asking/provider-error.ts';
import type { Page, Source, TimeRange } from '@tailrace/ingestion/contract/connector.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { azureFailure } from './azure-failure.ts';
import { innermost } from './azure-refusal.ts';
import { type AzureConfig, maxRows } from './config.ts';
import { type KqlPipeline, parsePipeline } from './kql-pipeline.ts';
import { openQueryClient } from './query-client.ts';
import { type RequestContext, requestContext } from './request-policy.ts';
import { type AnswerRow, rowEvent, ticksOf } from './row-event.ts';
import { timespanOf, wrapQuery } from './wrap-query.ts';

const minuteMicros = 60_000_000;
/** The longest that Log Analytics works on a query. */
const longestQuerySeconds = 600;

interface Answer {
  readonly rows: readonly AnswerRow[];
  readonly providerTime?: number;
}

/** Reads one table of one workspace, by the time of ingestion, through the user's query. */
export function openSource(config: AzureConfig): Source {
  const pipeline = pipelineOf(config);
  const { client, forgetToken } = openQueryClient(config);
  const secrets = [config.client_secret];
  const serverTimeoutInSeconds = Math.min(longestQuerySeconds, Math.ceil(config.request_timeout_ms / 1000));

  async function ask(range: TimeRange, query: string, signal: AbortSignal): Promise<Answer> {
    let context: RequestContext | undefined;
    const result = await askProvider({
      signal,
      timeoutMs: config.request_timeout_ms,
      send: (abort) => {
        context = { signal: abort };
        const send = () =>
          client.queryWorkspace(config.workspace_id, query, interval(range), { serverTimeoutInSeconds });
        return requestContext.run(context, send);
      },
      failure: (error) => {
        const failure = azureFailure(context?.unanswered ?? error, context?.refusal, secrets);
        if (failure.failure === 'auth_refused') forgetToken();
        return failure;
      },
    });
    if (result.status !== 'Success') {
      // Azure does not say which rows are missing, so none of them counts as read.
      const why = safeMessage(new Error(innermost(result.partialError).said), secrets);
      throw new ConnectorError('range_too_large', `Azure: a partial answer was discarded: ${why}`, {
        help: 'Reading continues automatically with shorter ranges.',
      });
    }
    const { providerTime } = context ?? {};
    return { rows: result.tables[0]?.rows ?? [], ...(providerTime !== undefined && { providerTime }) };
  }

  return {
    async test(signal) {
      const now = Date.now() * 1000;
      const range = { start: now - minuteMicros, end: now };
      await ask(range, wrapQuery(pipeline, range, { rows: 1 }), signal);
    },
    /**
     * A page goes on at the time of the last one's last row, that instant included: many rows share one ingestion
     * time. What was shown of that instant is asked for again and left out.
     */
    async *sweep(range, signal): AsyncGenerator<Page> {
      let from: string | undefined;
      let shown: ReadonlySet<string> = new Set();
      for (;;) {
        const rows = Math.min(maxRows, config.batch_size + shown.size);
        const answer = await ask(range, wrapQuery(pipeline, range, { from, rows }), signal);
        const events = answer.rows.map((row) => rowEvent(row, pipeline.table));
        const fresh = events.filter(({ id }) => !shown.has(id));
        const last = events.length < rows;
        const { providerTime } = answer;
        yield { events: fresh, last, ...(providerTime !== undefined && { providerTime }) };
        if (last) return;
        if (fresh.length === 0) throw tooManyAtOnce(config.batch_size);
        from = ticksOf(answer.rows.at(-1)!);
        const atLast = answer.rows.flatMap((row, index) => (ticksOf(row) === from ? [events[index]!.id] : []));
        shown = new Set(atLast);
      }
    },
    async close() {
      // The SDK keeps no connection that would have to be closed.
    },
  };
}

function tooManyAtOnce(rows: number): ConnectorError {
  return new ConnectorError('range_too_large', 'Azure: more rows have one ingestion time than an answer may hold', {
    help: `Narrow the query; ${rows} rows are asked for at once.`,
  });
}

function interval(range: TimeRange): { startTime: Date; endTime: Date } {
  const { start, end } = timespanOf(range);
  return { startTime: new Date(Math.floor(start / 1000)), endTime: new Date(Math.ceil(end / 1000)) };
}

function pipelineOf({ query }: AzureConfig): KqlPipeline {
  const parsed = parsePipeline(query);
  if ('problem' in parsed) throw new ConnectorError('invalid_config', `query ${parsed.problem}`);
  return parsed;
}
