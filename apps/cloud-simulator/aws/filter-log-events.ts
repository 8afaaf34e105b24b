import { z } from 'zod';
import { type Instant, instantFromMs, msOf } from '../instant.ts';
import type { AwsEvent } from '../store/cloud-event.ts';
import type { SortedEvents } from '../store/sorted-events.ts';
import { issuePageToken, readPageToken } from '../wire/page-token.ts';
import { invalidParameter, notFound } from './aws-error.ts';
import { filterPattern } from './filter-pattern.ts';
import type { LogGroup } from './log-groups.ts';

const most = 10_000;
const mostBytes = 1024 * 1024;

/** The request's body. Source: CloudWatch Logs API reference, FilterLogEvents. */
export const filterLogEventsRequest = z.object({
  logGroupName: z.string().min(1).max(512).optional(),
  logGroupIdentifier: z.string().min(1).max(2048).optional(),
  logStreamNames: z.array(z.string().min(1)).min(1).max(100).optional(),
  logStreamNamePrefix: z.string().min(1).optional(),
  startTime: z.int().nonnegative().optional(),
  endTime: z.int().nonnegative().optional(),
  filterPattern: z.string().max(1024).optional(),
  nextToken: z.string().min(1).optional(),
  limit: z.int().min(1).max(most).optional(),
});

export type FilterLogEventsRequest = z.infer<typeof filterLogEventsRequest>;

/** What the page must show besides the events: faults. */
export interface PageFaults {
  readonly empty: boolean;
  readonly duplicate: boolean;
  readonly expiredToken: boolean;
  /** At most so many events. */
  readonly size: number | undefined;
}

interface ShownEvent {
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
  readonly eventId: string;
}

interface FilterLogEventsAnswer {
  readonly events: readonly ShownEvent[];
  readonly searchedLogStreams: readonly never[];
  readonly nextToken?: string;
}

/** One page of the events visible now, in order of timestamp, ingestion time and arrival. */
export function filterLogEvents(
  request: FilterLogEventsRequest,
  group: LogGroup,
  events: SortedEvents<AwsEvent>,
  nowMs: number,
  faults: PageFaults,
): FilterLogEventsAnswer {
  const after = positionOf(request, nowMs, faults.expiredToken);
  const wanted = chosenBy(request, group, nowMs);
  const page: AwsEvent[] = [];
  const room = faults.empty ? 0 : Math.min(request.limit ?? most, faults.size ?? most);
  let bytes = 0;
  let more = false;
  for (const event of events.from(
    (event) => isAfter(event, after) && msOf(event.eventTime) >= (request.startTime ?? 0),
  )) {
    if (request.endTime !== undefined && msOf(event.eventTime) > request.endTime) break;
    if (!wanted(event)) continue;
    bytes += Buffer.byteLength(event.body.message);
    more = page.length >= room || (page.length > 0 && bytes > mostBytes);
    if (more) break;
    page.push(event);
  }
  const last = page.at(-1);
  const reached = last === undefined ? after : [last.eventTime, last.ingestionTime, BigInt(last.sequence)];
  return {
    events: (faults.duplicate && last !== undefined ? [...page, last] : page).map(shown),
    searchedLogStreams: [],
    ...(more || faults.empty ? { nextToken: issuePageToken(boundTo(request), reached.map(String), nowMs) } : {}),
  };
}

/** The token is good only for the request that it came from, whatever page it is. */
function boundTo(request: FilterLogEventsRequest): unknown {
  const { nextToken: _, ...rest } = request;
  return Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
}

function positionOf(request: FilterLogEventsRequest, nowMs: number, expired: boolean): readonly Instant[] {
  if (request.nextToken === undefined) return [];
  const token = expired ? { refused: 'expired' } : readPageToken(request.nextToken, boundTo(request), nowMs);
  if (!('position' in token)) throw invalidParameter(`The specified nextToken is invalid. (${token.refused})`);
  return token.position.map(BigInt);
}

function isAfter(event: AwsEvent, position: readonly Instant[]): boolean {
  const [eventTime, ingestionTime, sequence] = position;
  if (eventTime === undefined || ingestionTime === undefined || sequence === undefined) return true;
  if (event.eventTime !== eventTime) return event.eventTime > eventTime;
  if (event.ingestionTime !== ingestionTime) return event.ingestionTime > ingestionTime;
  return event.sequence > sequence;
}

function chosenBy(request: FilterLogEventsRequest, group: LogGroup, nowMs: number): (event: AwsEvent) => boolean {
  const { logStreamNames, logStreamNamePrefix, startTime, endTime } = request;
  if (startTime !== undefined && endTime !== undefined && startTime > endTime) {
    throw invalidParameter('startTime must not be after endTime');
  }
  if (logStreamNames !== undefined && logStreamNamePrefix !== undefined) {
    throw invalidParameter('logStreamNames and logStreamNamePrefix exclude each other');
  }
  if (logStreamNames?.some((name) => !group.streams.has(name)) === true) throw notFound('log stream');
  const names = logStreamNames === undefined ? undefined : new Set(logStreamNames);
  const hasTerms = filterPattern(request.filterPattern);
  const now = instantFromMs(nowMs);
  return (event) =>
    event.visibleTime <= now &&
    (names?.has(event.stream) ?? true) &&
    event.stream.startsWith(logStreamNamePrefix ?? '') &&
    hasTerms(event.body.message);
}

function shown(event: AwsEvent): ShownEvent {
  return {
    logStreamName: event.stream,
    timestamp: msOf(event.eventTime),
    message: event.body.message,
    ingestionTime: msOf(event.ingestionTime),
    eventId: event.id,
  };
}
