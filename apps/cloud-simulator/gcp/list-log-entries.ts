import { type Instant, instantFromMs } from '../instant.ts';
import type { GcpEvent } from '../store/cloud-event.ts';
import { compareGcp, type EventStore } from '../store/event-store.ts';
import type { SortedEvents } from '../store/sorted-events.ts';
import { issuePageToken, readPageToken } from '../wire/page-token.ts';
import { earliestOf, predicateOf } from './filter/evaluate.ts';
import { FilterError } from './filter/filter-error.ts';
import { parseFilter } from './filter/parse-filter.ts';
import type { Filter } from './filter/syntax.ts';
import { invalidArgument } from './gcp-error.ts';
import { logEntryOf } from './log-entry.ts';
import type { ListLogEntriesRequest, ListLogEntriesResponse } from './messages.ts';

const defaultPageSize = 50;
const largestPageSize = 1000;

/** What the page must show besides the entries: faults. */
export interface PageFaults {
  readonly empty: boolean;
  readonly duplicate: boolean;
  readonly expiredToken: boolean;
  /** At most so many entries. */
  readonly size: number | undefined;
}

/** Reads a filter; INVALID_ARGUMENT where it is none. */
export function filterOf(text: string): { readonly filter: Filter; readonly chosen: (event: GcpEvent) => boolean } {
  try {
    const filter = parseFilter(text);
    return { filter, chosen: predicateOf(filter) };
  } catch (error) {
    if (error instanceof FilterError) throw invalidArgument(error.message);
    throw error;
  }
}

/** One page of the entries visible now, by timestamp and insertId. */
export function listLogEntries(
  request: ListLogEntriesRequest,
  projects: readonly string[],
  store: EventStore,
  nowMs: number,
  faults: PageFaults,
): ListLogEntriesResponse {
  const descending = isDescending(request.orderBy);
  if (request.pageSize < 0) throw invalidArgument('page_size must not be negative.');
  const { filter, chosen } = filterOf(request.filter);
  const after = positionOf(request, nowMs, faults.expiredToken);
  const now = instantFromMs(nowMs);
  const wanted = (event: GcpEvent) => event.visibleTime <= now && isBeyond(event, after, descending) && chosen(event);
  const size = Math.min(request.pageSize || defaultPageSize, largestPageSize, faults.size ?? largestPageSize);
  const room = faults.empty ? 0 : size;
  const page = [...new Set(projects)]
    .map((project) => candidates(store.gcpProject(project), descending, after, earliestOf(filter)))
    .flatMap((events) => firstOf(events, wanted, room + 1))
    .sort((a, b) => (descending ? compareGcp(b, a) : compareGcp(a, b)))
    .slice(0, room + 1);
  const more = page.length > room;
  if (more) page.pop();
  const last = page.at(-1);
  const position = last === undefined ? after : [String(last.eventTime), last.id, String(last.sequence)];
  return {
    entries: (faults.duplicate && last !== undefined ? [...page, last] : page).map(logEntryOf),
    nextPageToken: more || faults.empty ? issuePageToken(boundTo(request), position, nowMs) : '',
  };
}

function isDescending(orderBy: string): boolean {
  const order = orderBy.trim().replace(/\s+/g, ' ');
  if (order === '' || order === 'timestamp' || order === 'timestamp asc') return false;
  if (order === 'timestamp desc') return true;
  throw invalidArgument(`order_by must be 'timestamp asc' or 'timestamp desc', not '${orderBy}'.`);
}

/** The page size may change from page to page, all else must stay. */
function boundTo({ resourceNames, filter, orderBy }: ListLogEntriesRequest): unknown {
  return [resourceNames, filter, orderBy];
}

function positionOf(request: ListLogEntriesRequest, nowMs: number, expired: boolean): readonly string[] {
  if (request.pageToken === '') return [];
  const token = expired ? { refused: 'expired' } : readPageToken(request.pageToken, boundTo(request), nowMs);
  if (!('position' in token)) {
    throw invalidArgument(`page_token is not valid for this request (${token.refused}).`);
  }
  return token.position;
}

/** A project's events in their order, from the position on or from where the filter's time begins. */
function candidates(
  events: SortedEvents<GcpEvent>,
  descending: boolean,
  after: readonly string[],
  earliest: Instant | undefined,
): Generator<GcpEvent> {
  const reached = after[0] === undefined ? undefined : BigInt(after[0]);
  if (descending) return events.backFrom((event) => reached === undefined || event.eventTime <= reached);
  const from = reached ?? earliest;
  return events.from((event) => from === undefined || event.eventTime >= from);
}

function isBeyond(event: GcpEvent, position: readonly string[], descending: boolean): boolean {
  const [time, id, sequence] = position;
  if (time === undefined || id === undefined || sequence === undefined) return true;
  const order = compareGcp(event, { ...event, eventTime: BigInt(time), id, sequence: Number(sequence) });
  return descending ? order < 0 : order > 0;
}

function firstOf(events: Iterable<GcpEvent>, wanted: (event: GcpEvent) => boolean, most: number): GcpEvent[] {
  const found: GcpEvent[] = [];
  for (const event of events) {
    if (!wanted(event)) continue;
    found.push(event);
    if (found.length >= most) break;
  }
  return found;
}
