import type { Duplex } from 'node:stream';
import { type protos, v2 } from '@google-cloud/logging-api';
import { credentials } from '@grpc/grpc-js';
import type { Page, Source, TailMessage } from '@tailrace/connector/connector.ts';
import { GoogleAuth } from 'google-auth-library';
import type { GcpConfig } from './config.ts';
import { entryEvent } from './entry-event.ts';
import { conditionsFilter, fullLogName, rangeFilter } from './filter.ts';
import { gcpFailure } from './gcp-failure.ts';

const scopes = ['https://www.googleapis.com/auth/logging.read'];

type ListRequest = protos.google.logging.v2.IListLogEntriesRequest;
type ListResponse = protos.google.logging.v2.IListLogEntriesResponse;
type TailResponse = protos.google.logging.v2.ITailLogEntriesResponse;

/** Reads one log of one project: pages of ListLogEntries for truth, TailLogEntries for speed. */
export function openSource(config: GcpConfig): Source {
  const client = openClient(config);
  const resourceNames = [`projects/${config.project_id}`];
  const conditions = conditionsFilter({
    logName: fullLogName(config.project_id, config.log_name),
    resourceType: config.resource_type,
    filter: config.filter,
  });

  async function list(request: ListRequest, signal: AbortSignal): Promise<ListResponse> {
    signal.throwIfAborted();
    await client.initialize();
    // The generated method drops the promise's `cancel`; the call beneath it keeps it.
    const call: CancellableCall = client.innerApiCalls.listLogEntries!(
      { resourceNames, orderBy: 'timestamp asc', ...request },
      { autoPaginate: false, timeout: config.request_timeout_ms, retry: null },
    );
    const abort = () => call.cancel();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const [, , response] = await call;
      return response;
    } catch (error) {
      signal.throwIfAborted();
      throw gcpFailure(error);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  const source: Source = {
    async test(signal) {
      await list({ filter: conditions, pageSize: 1 }, signal);
    },
    async *sweep(range, signal): AsyncGenerator<Page> {
      let pageToken = '';
      do {
        const response = await list(
          { filter: rangeFilter(conditions, range), pageSize: config.batch_size, pageToken },
          signal,
        );
        pageToken = response.nextPageToken ?? '';
        yield { events: (response.entries ?? []).map(entryEvent), last: pageToken === '' };
      } while (pageToken !== '');
    },
    async close() {
      await client.close();
    },
  };
  if (!config.tail) return source;
  return {
    ...source,
    async *tail(signal): AsyncGenerator<TailMessage> {
      signal.throwIfAborted();
      await client.initialize();
      const stream: Duplex & { cancel(): void } = client.tailLogEntries();
      const abort = () => stream.cancel();
      signal.addEventListener('abort', abort, { once: true });
      stream.write({ resourceNames, filter: conditions, bufferWindow: { seconds: 0, nanos: 0 } });
      try {
        for await (const message of stream) yield* tailMessages(message);
      } catch (error) {
        signal.throwIfAborted();
        throw gcpFailure(error);
      } finally {
        signal.removeEventListener('abort', abort);
        stream.cancel();
      }
    },
  };
}

interface CancellableCall extends Promise<[unknown, unknown, ListResponse]> {
  cancel(): void;
}

function* tailMessages({ entries, suppressionInfo }: TailResponse): Generator<TailMessage> {
  if (entries && entries.length > 0) yield { kind: 'events', events: entries.map(entryEvent) };
  for (const { reason, suppressedCount } of suppressionInfo ?? []) {
    yield { kind: 'incomplete', reason: `Google Cloud left out ${suppressedCount ?? 'some'} entries: ${reason}` };
  }
}

/** The generated client: the handwritten one drops bufferWindow, adds a filter of its own and cuts times to milliseconds. */
function openClient(config: GcpConfig): v2.LoggingServiceV2Client {
  const { client_email, private_key } = config.credentials_json;
  const endpoint = config.endpoint === undefined ? undefined : new URL(config.endpoint);
  const isPlain = endpoint?.protocol === 'http:';
  return new v2.LoggingServiceV2Client({
    projectId: config.project_id,
    auth: new GoogleAuth({ credentials: { client_email, private_key }, projectId: config.project_id, scopes }),
    ...(endpoint && { apiEndpoint: endpoint.hostname, port: Number(endpoint.port || (isPlain ? 80 : 443)) }),
    ...(isPlain && { sslCreds: credentials.createInsecure() }),
  });
}
