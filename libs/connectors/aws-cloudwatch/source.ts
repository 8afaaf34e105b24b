import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Page, Source, SourceEvent, TimeRange } from '@tailrace/connector/connector.ts';
import { awsFailure } from './aws-failure.ts';
import { type AwsConfig, accountOf } from './config.ts';
import { providerTimeOf, rememberDate } from './provider-time.ts';

const connectTimeoutMs = 5000;

/** Reads one log group by FilterLogEvents, the only operation whose events have an id. */
export function openSource(config: AwsConfig): Source {
  const client = rememberDate(
    new CloudWatchLogsClient({
      region: config.region,
      credentials: credentialsOf(config),
      // The runner retries: it knows the quota and shows what it waits for.
      maxAttempts: 1,
      requestHandler: { requestTimeout: config.request_timeout_ms, connectionTimeout: connectTimeoutMs },
      ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
    }),
  );
  const target: Partial<FilterLogEventsCommandInput> = {
    // An ARN reaches another account's group, and excludes the plain name.
    ...(accountOf(config.log_group) === undefined
      ? { logGroupName: config.log_group }
      : { logGroupIdentifier: config.log_group }),
    ...(config.log_streams && { logStreamNames: config.log_streams }),
    ...(config.filter_pattern !== undefined && { filterPattern: config.filter_pattern }),
  };

  async function request(input: Partial<FilterLogEventsCommandInput>, signal: AbortSignal) {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(config.request_timeout_ms)]);
    try {
      return await client.send(new FilterLogEventsCommand({ ...target, ...input }), { abortSignal: deadline });
    } catch (error) {
      signal.throwIfAborted();
      throw awsFailure(error);
    }
  }

  return {
    async test(signal) {
      await request({ limit: 1 }, signal);
    },
    async *sweep(range, signal): AsyncGenerator<Page> {
      let nextToken: string | undefined;
      do {
        const page = await request(
          { ...timesOf(range), limit: config.batch_size, ...(nextToken !== undefined && { nextToken }) },
          signal,
        );
        nextToken = page.nextToken;
        const providerTime = providerTimeOf(page);
        yield {
          events: (page.events ?? []).map(toSourceEvent),
          last: nextToken === undefined,
          ...(providerTime !== undefined && { providerTime }),
        };
      } while (nextToken !== undefined);
    },
    async close() {
      client.destroy();
    },
  };
}

/** FilterLogEvents takes milliseconds and includes both ends. */
function timesOf({ start, end }: TimeRange): { startTime: number; endTime: number } {
  return { startTime: Math.max(0, start / 1000), endTime: end / 1000 - 1 };
}

function toSourceEvent(event: FilteredLogEvent): SourceEvent {
  const { eventId, timestamp, ingestionTime, logStreamName } = event;
  if (eventId === undefined || timestamp === undefined) {
    throw awsFailure(new Error('an event came without eventId or timestamp'));
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

function credentialsOf(config: AwsConfig) {
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken } = config;
  const own =
    accessKeyId === undefined || secretAccessKey === undefined
      ? fromNodeProviderChain()
      : { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  if (config.role_arn === undefined) return own;
  return fromTemporaryCredentials({
    masterCredentials: own,
    clientConfig: { region: config.region, maxAttempts: 1 },
    params: {
      RoleArn: config.role_arn,
      RoleSessionName: 'tailrace',
      ...(config.external_id !== undefined && { ExternalId: config.external_id }),
    },
  });
}
