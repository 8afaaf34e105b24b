import { z } from 'zod';
import { issuePageToken, readPageToken } from '../wire/page-token.ts';
import { invalidParameter } from './aws-error.ts';
import type { LogGroup, LogStream } from './log-groups.ts';

/** The request's body. Source: CloudWatch Logs API reference, DescribeLogGroups. */
export const describeLogGroupsRequest = z.object({
  logGroupNamePrefix: z.string().min(1).max(512).optional(),
  logGroupNamePattern: z.string().max(512).optional(),
  nextToken: z.string().min(1).optional(),
  limit: z.int().min(1).max(50).optional(),
});

/** The request's body. Source: CloudWatch Logs API reference, DescribeLogStreams. */
export const describeLogStreamsRequest = z.object({
  logGroupName: z.string().min(1).max(512).optional(),
  logGroupIdentifier: z.string().min(1).max(2048).optional(),
  logStreamNamePrefix: z.string().min(1).max(512).optional(),
  orderBy: z.enum(['LogStreamName', 'LastEventTime']).optional(),
  descending: z.boolean().optional(),
  nextToken: z.string().min(1).optional(),
  limit: z.int().min(1).max(50).optional(),
});

/** A page of log groups by name. */
export function describeLogGroups(
  request: z.infer<typeof describeLogGroupsRequest>,
  groups: readonly LogGroup[],
  scope: string,
  nowMs: number,
): object {
  const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern } = request;
  if (prefix !== undefined && pattern !== undefined) {
    throw invalidParameter('logGroupNamePrefix and logGroupNamePattern exclude each other');
  }
  const chosen = groups.filter(
    (group) => group.name.startsWith(prefix ?? '') && group.name.toLowerCase().includes((pattern ?? '').toLowerCase()),
  );
  const page = pageOf(chosen, request, nowMs);
  const [account, region] = scope.split(':');
  const logGroups = page.items.map((group) => {
    const arn = `arn:aws:logs:${region}:${account}:log-group:${group.name}`;
    return {
      logGroupName: group.name,
      creationTime: group.creationTime,
      arn: `${arn}:*`,
      logGroupArn: arn,
      logGroupClass: 'STANDARD',
      metricFilterCount: 0,
      storedBytes: 0,
    };
  });
  return { logGroups, ...page.nextToken };
}

/** A page of a group's streams. Their last event's time is eventually consistent, as CloudWatch's is. */
export function describeLogStreams(
  request: z.infer<typeof describeLogStreamsRequest>,
  group: LogGroup,
  scope: string,
  nowMs: number,
): object {
  const byTime = request.orderBy === 'LastEventTime';
  if (byTime && request.logStreamNamePrefix !== undefined) {
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const direction = request.descending === true ? -1 : 1;
  const chosen = [...group.streams.values()]
    .filter((stream) => stream.name.startsWith(request.logStreamNamePrefix ?? ''))
    .sort((a, b) => direction * (byTime ? a.lastEventTime - b.lastEventTime : byName(a, b)));
  const page = pageOf(chosen, request, nowMs);
  const [account, region] = scope.split(':');
  const logStreams = page.items.map((stream) => ({
    logStreamName: stream.name,
    creationTime: stream.creationTime,
    firstEventTimestamp: stream.firstEventTime,
    lastEventTimestamp: stream.lastEventTime,
    lastIngestionTime: stream.lastIngestionTime,
    arn: `arn:aws:logs:${region}:${account}:log-group:${group.name}:log-stream:${stream.name}`,
    storedBytes: 0,
  }));
  return { logStreams, ...page.nextToken };
}

function byName(a: LogStream, b: LogStream): number {
  return a.name < b.name ? -1 : 1;
}

interface PageRequest {
  readonly nextToken?: string | undefined;
  readonly limit?: number | undefined;
}

/** The next items of a list that is short and still: the token's position is simply an index. */
function pageOf<Item>(items: readonly Item[], request: PageRequest, nowMs: number) {
  const { nextToken, ...bound } = request;
  let start = 0;
  if (nextToken !== undefined) {
    const token = readPageToken(nextToken, bound, nowMs);
    if (!('position' in token)) throw invalidParameter('The specified nextToken is invalid.');
    start = Number(token.position[0]);
  }
  const end = start + (request.limit ?? 50);
  return {
    items: items.slice(start, end),
    nextToken: end < items.length ? { nextToken: issuePageToken(bound, [String(end)], nowMs) } : {},
  };
}
