import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';

const times = new WeakMap<object, number>();

/** Keeps the `Date` header of each answer, which the SDK does not give out. */
export function rememberDate(client: CloudWatchLogsClient): CloudWatchLogsClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = dateOf(result.response);
      if (date !== undefined && typeof result.output === 'object') times.set(result.output, date);
      return result;
    },
    { step: 'deserialize', name: 'tailraceProviderTime', priority: 'high' },
  );
  return client;
}

/** AWS's clock when it gave this answer, microseconds since the epoch, cut to whole seconds. */
export function providerTimeOf(output: object): number | undefined {
  return times.get(output);
}

function dateOf(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  const millis = Date.parse(String(headers.date));
  return Number.isNaN(millis) ? undefined : millis * 1000;
}
