import { type protos, v2 } from '@google-cloud/logging-api';
import { credentials } from '@grpc/grpc-js';
import { askProvider } from '@tailrace/ingestion/asking/ask-provider.ts';
import type { Page, Source, TailMessage } from '@tailrace/ingestion/contract/connector.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { GoogleAuth, JWT } from 'google-auth-library';
import { dateInterceptor } from './answer-date.ts';
import type { GcpConfig } from './config.ts';
import { entryEvent } from './entry-event.ts';
import { conditionsFilter, rangeFilter, readFilter } from './filter.ts';
import { gcpFailure } from './gcp-failure.ts';
import { fullLogName } from './log-name.ts';
import { openTail } from './tail.ts';

const scopes = ['https://www.googleapis.com/auth/logging.read'];
const minuteMicros = 60_000_000;
/** Servers allow a ping every five minutes; without any, a tail whose connection was lost in silence waits for an hour. */
const keepAlive = { 'grpc.keepalive_time_ms': 300_000, 'grpc.keepalive_timeout_ms': 20_000 };

type ListRequest = protos.google.logging.v2.IListLogEntriesRequest;
type ListResponse = protos.google.logging.v2.IListLogEntriesResponse;

interface Answer {
  readonly response: ListResponse;
  readonly providerTime?: number;
}

/** Reads one log of one project: pages of ListLogEntries for truth, TailLogEntries for speed. */
export function openSource(config: GcpConfig): Source {
  const client = openClient(config);
  const resourceNames = [`projects/${config.project_id}`];
  const conditions = conditionsFilter({
    logName: fullLogName(config.project_id, config.log_name),
    resourceType: config.resource_type,
    filter: filterOf(config),
  });
  const secrets = [config.credentials_json.private_key];
  const failure = (error: unknown) => gcpFailure(error, secrets);

  const list = (request: ListRequest, signal: AbortSignal): Promise<Answer> =>
    askProvider({
      signal,
      timeoutMs: config.request_timeout_ms,
      failure,
      send: async (abort) => {
        await client.initialize();
        abort.throwIfAborted();
        let providerTime: number | undefined;
        const note = (micros: number) => {
          providerTime = micros;
        };
        const interceptors = [dateInterceptor(note)];
        // The generated method drops the promise's `cancel`; the call beneath it keeps it.
        const call: CancellableCall = client.innerApiCalls.listLogEntries!(
          { resourceNames, orderBy: 'timestamp asc', ...request },
          {
            autoPaginate: false,
            timeout: config.request_timeout_ms,
            // The runner retries: it knows the quota and shows what it waits for.
            retry: null,
            otherArgs: { options: { interceptors } },
          },
        );
        abort.addEventListener('abort', () => call.cancel(), { once: true });
        const [, , response] = await call;
        return { response, ...(providerTime !== undefined && { providerTime }) };
      },
    });

  const source: Source = {
    async test(signal) {
      // Without a start it would look through all that the project keeps.
      const now = Date.now() * 1000;
      const filter = rangeFilter(conditions, { start: now - minuteMicros, end: now });
      await list({ filter, pageSize: 1 }, signal);
    },
    async *sweep(range, signal): AsyncGenerator<Page> {
      let pageToken = '';
      do {
        const request = { filter: rangeFilter(conditions, range), pageSize: config.batch_size, pageToken };
        const { response, providerTime } = await list(request, signal);
        pageToken = response.nextPageToken ?? '';
        yield {
          events: (response.entries ?? []).map(entryEvent),
          last: pageToken === '',
          ...(providerTime !== undefined && { providerTime }),
        };
      } while (pageToken !== '');
    },
    async close() {
      await client.close();
    },
  };
  if (!config.tail) return source;
  const tail = (signal: AbortSignal): AsyncGenerator<TailMessage> =>
    openTail(client, { resourceNames, filter: conditions }, failure, signal);
  return { ...source, tail };
}

interface CancellableCall extends Promise<[unknown, unknown, ListResponse]> {
  cancel(): void;
}

function filterOf({ filter = '' }: GcpConfig): string {
  const read = readFilter(filter);
  if ('problem' in read) throw new ConnectorError('invalid_config', `filter ${read.problem}`);
  return read.text;
}

/** The generated client: the handwritten one drops bufferWindow, adds a filter of its own and cuts times to milliseconds. */
function openClient(config: GcpConfig): v2.LoggingServiceV2Client {
  const { client_email: email, private_key: key } = config.credentials_json;
  const authClient = new JWT({ email, key, scopes });
  // It signs its tokens itself (https://google.aip.dev/auth/4111): no token server is asked.
  authClient.useJWTAccessWithScope = true;
  const endpoint = config.endpoint === undefined ? undefined : new URL(config.endpoint);
  const isPlain = endpoint?.protocol === 'http:';
  return new v2.LoggingServiceV2Client({
    ...keepAlive,
    projectId: config.project_id,
    auth: new GoogleAuth({ authClient, projectId: config.project_id }),
    ...(endpoint && { apiEndpoint: endpoint.hostname, port: Number(endpoint.port || (isPlain ? 80 : 443)) }),
    ...(isPlain && { sslCreds: credentials.createInsecure() }),
  });
}
