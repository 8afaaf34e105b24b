import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { askProvider } from '@tailrace/ingestion/asking/ask-provider.ts';
import type { Page, Source, SourceEvent, TimeRange } from '@tailrace/ingestion/contract/connector.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { awsFailure } from './aws-failure.ts';
import type { AwsConfig } from './config.ts';
import { credentialsOf } from './credentials.ts';
import { logGroupOf } from './log-group.ts';
import { providerTimeOf, rememberDate } from './provider-time.ts';

const connectTimeoutMs = 5000;
/** FilterLogEvents takes no more names of streams. */
const streamsPerRequest = 100;
const minuteMicros = 60_000_000;

/** Reads one log group by FilterLogEvents, the only operation whose events have an id. */
export function openSource(config: AwsConfig): Source {
  const client = rememberDate(
    new CloudWatchLogsClient({
      region: config.region,
      credentials: credentialsOf(config),
      // The runner retries: it knows the quota and shows what it waits for.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: connectTimeoutMs },
      ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
    }),
  );
  const targets = targetsOf(config);
  const secrets = [config.secret_access_key, config.session_token].filter((secret) => secret !== undefined);

  const request = (input: FilterLogEventsCommandInput, signal: AbortSignal) =>
    askProvider({
      signal,
      timeoutMs: config.request_timeout_ms,
      send: (abortSignal) => client.send(new FilterLogEventsCommand(input), { abortSignal }),
      failure: (error) => awsFailure(error, secrets),
    });

  return {
    async test(signal) {
      // Without a start it would look through the whole group.
      const startTime = Date.now() - minuteMicros / 1000;
      for (const target of targets) await request({ ...target, startTime, limit: 1 }, signal);
    },
    async *sweep(range, signal): AsyncGenerator<Page> {
      for (const [index, target] of targets.entries()) {
        const input = { ...target, ...timesOf(range), limit: config.batch_size };
        let nextToken: string | undefined;
        do {
          const page = await request({ ...input, ...(nextToken !== undefined && { nextToken }) }, signal);
          nextToken = page.nextToken;
          const providerTime = providerTimeOf(page);
          yield {
            events: (page.events ?? []).map(toSourceEvent),
            last: nextToken === undefined && index === targets.length - 1,
            ...(providerTime !== undefined && { providerTime }),
          };
        } while (nextToken !== undefined);
      }
    },
    async close() {
      client.destroy();
    },
  };
}

/** What to ask for, whatever the time: all streams at once, or the named ones in as many requests as they take. */
function targetsOf(config: AwsConfig): readonly FilterLogEventsCommandInput[] {
  const arn = logGroupOf(config.log_group)?.arn;
  const group = {
    // An ARN reaches another account's group, and excludes the plain name.
    ...(arn === undefined ? { logGroupName: config.log_group } : { logGroupIdentifier: arn }),
    ...(config.filter_pattern !== undefined && { filterPattern: config.filter_pattern }),
  };
  const streams = [...new Set(config.log_streams)];
  if (streams.length === 0) return [group];
  const requests = Math.ceil(streams.length / streamsPerRequest);
  return Array.from({ length: requests }, (_, index) => ({
    ...group,
    logStreamNames: streams.slice(index * streamsPerRequest, (index + 1) * streamsPerRequest),
  }));
}

/** FilterLogEvents takes milliseconds and includes both ends. */
function timesOf({ start, end }: TimeRange): { startTime: number; endTime: number } {
  return { startTime: Math.max(0, start / 1000), endTime: end / 1000 - 1 };
}

function toSourceEvent(event: FilteredLogEvent): SourceEvent {
  const { eventId, timestamp, ingestionTime, logStreamName } = event;
  if (eventId === undefined || timestamp === undefined) {
    throw new ConnectorError('unreachable', 'AWS: an event came without eventId or timestamp');
  }
  return {
    id: eventId,
    timestamp: timestamp * 1000,
    timestampNanos: 0,
    observedTimestamp: (ingestionTime ?? timestamp) * 1000,
    stream: logStreamName ?? '',
    payload: JSON.stringify(event),
  };
}
