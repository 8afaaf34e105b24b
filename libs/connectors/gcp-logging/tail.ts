import type { Duplex } from 'node:stream';
import type { protos, v2 } from '@google-cloud/logging-api';
import type { TailMessage } from '@tailrace/ingestion/contract/connector.ts';
import type { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { entryEvent } from './entry-event.ts';

type TailRequest = protos.google.logging.v2.ITailLogEntriesRequest;
type TailResponse = protos.google.logging.v2.ITailLogEntriesResponse;

/**
 * Follows TailLogEntries, unbuffered. The server ends it after about an hour with OUT_OF_RANGE, and refuses an eleventh
 * tail of a project with RESOURCE_EXHAUSTED.
 *
 * @throws the reason of the signal when it aborts, or what `failure` makes of the stream's error.
 */
export async function* openTail(
  client: v2.LoggingServiceV2Client,
  request: TailRequest,
  failure: (error: unknown) => ConnectorError,
  signal: AbortSignal,
): AsyncGenerator<TailMessage> {
  signal.throwIfAborted();
  const stream = await opened(client, failure);
  const abort = () => stream.cancel();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    stream.write({ ...request, bufferWindow: { seconds: 0, nanos: 0 } });
    for await (const message of stream) yield* messagesOf(message);
  } catch (error) {
    signal.throwIfAborted();
    throw failure(error);
  } finally {
    signal.removeEventListener('abort', abort);
    // What the stream says of being cancelled is of no interest; unheard, it would end the process.
    stream.on('error', () => undefined);
    stream.cancel();
  }
}

async function opened(
  client: v2.LoggingServiceV2Client,
  failure: (error: unknown) => ConnectorError,
): Promise<Duplex & { cancel(): void }> {
  try {
    await client.initialize();
    return client.tailLogEntries();
  } catch (error) {
    throw failure(error);
  }
}

function* messagesOf({ entries, suppressionInfo }: TailResponse): Generator<TailMessage> {
  if (entries && entries.length > 0) yield { kind: 'events', events: entries.map(entryEvent) };
  for (const { reason, suppressedCount } of suppressionInfo ?? []) {
    yield { kind: 'incomplete', reason: `Google Cloud left out ${suppressedCount ?? 'some'} entries: ${reason}` };
  }
}
