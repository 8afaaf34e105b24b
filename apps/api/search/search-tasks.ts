import { toLogLine } from '@tailrace/log-query/log-line.ts';
import { type AlertSearch, findAlert, searchAlerts } from '@tailrace/postgres/alerts/alert-search.ts';
import { type FieldSampleOptions, sampleFields } from '@tailrace/postgres/logs/field-sample.ts';
import { type AggregateOptions, aggregateLogs } from '@tailrace/postgres/logs/log-aggregate.ts';
import { countLogs, type HistogramOptions } from '@tailrace/postgres/logs/log-histogram.ts';
import type { LogPosition, LogScanOptions } from '@tailrace/postgres/logs/log-scan.ts';
import { findLog, type LogSearchOptions, positionOf, searchLogs } from '@tailrace/postgres/logs/log-search.ts';
import { countParsing, type ParsingCountsOptions } from '@tailrace/postgres/logs/parsing-counts.ts';
import { storedPosition } from '@tailrace/postgres/logs/stored-position.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { neighbours } from '../stream/cursor.ts';
import type { LogContextView, LogPageView } from '../stream/log-views.ts';
import { type JsonText, jsonText } from './json-text.ts';
import type { TaskContext } from './serve-tasks.ts';

/** Options of a scan as another thread can give them: a clock's reading means nothing there. */
type Asked<Options> = Omit<Options, 'pool' | 'deadline' | 'signal'> & { readonly timeoutMs: number };

/** How far context looks from its line, microseconds. */
const contextReach = 86_400_000_000;

/** What is read from the database of stored lines and alerts, by name. */
export const searchTasks = { page, context, places, histogram, aggregate, fields, parsing, alert, alerts };
export type SearchTasks = typeof searchTasks;

/** A page of lines, as the API gives it. */
async function page(task: TaskContext, input: Asked<LogSearchOptions>): Promise<JsonText<LogPageView>> {
  // Before the lines: what is stored in between is found, and comes live too.
  const stored = await storedPosition(task.database, topics.logs.name);
  const found = await searchLogs({ ...input, ...scanning(task, input) });
  const lines = found.records.map(toLogLine);
  const { direction, start, limit } = input;
  return jsonText<LogPageView>({
    logs: direction === 'older' ? lines : lines.reverse(),
    ...neighbours(direction, start, found),
    live_from: stored ?? null,
    complete: found.isLast || lines.length === limit,
  });
}

export interface ContextRequest {
  readonly projectId: string;
  readonly key: LogPosition;
  /** Lines at most. */
  readonly before: number;
  readonly after: number;
  readonly timeoutMs: number;
}

/** The lines around a line, as the API gives them; undefined when the project does not have it. */
async function context(task: TaskContext, input: ContextRequest): Promise<JsonText<LogContextView> | undefined> {
  const { projectId, key, before, after } = input;
  const { timestamp } = key;
  const scan = { ...scanning(task, input), projectId };
  const line = await findLog(scan, key);
  if (line === undefined) return undefined;
  const filter = { connections: [line.connection_id], stream: line.stream };
  const common = { ...scan, filter, start: positionOf(line) };
  const around = async (direction: 'older' | 'newer', from: number, to: number, limit: number) => {
    if (limit === 0) return [];
    const { records } = await searchLogs({ ...common, direction, from, to, limit });
    return records.map(toLogLine);
  };
  // One after the other: a place is one connection.
  const earlier = await around('older', Math.max(0, timestamp - contextReach), timestamp + 1, before);
  const later = await around('newer', timestamp, timestamp + contextReach, after);
  return jsonText<LogContextView>({ before: earlier.reverse(), line: toLogLine(line), after: later });
}

/** Where the events of lines stand in their topics, in the search's direction. */
async function places(task: TaskContext, input: Asked<LogSearchOptions>) {
  const { records } = await searchLogs({ ...input, ...scanning(task, input) });
  return records.map(({ raw_partition: partition, raw_offset: offset }) => ({ partition, offset }));
}

function histogram(task: TaskContext, input: Asked<HistogramOptions>) {
  return countLogs({ ...input, ...scanning(task, input) });
}

function aggregate(task: TaskContext, input: Asked<AggregateOptions>) {
  return aggregateLogs({ ...input, ...scanning(task, input) });
}

function fields(task: TaskContext, input: Asked<FieldSampleOptions>) {
  return sampleFields({ ...input, ...scanning(task, input) });
}

function parsing(task: TaskContext, input: Asked<ParsingCountsOptions>) {
  return countParsing({ ...input, ...scanning(task, input) });
}

function alert({ database }: TaskContext, id: string) {
  return findAlert(database, id);
}

function alerts({ database }: TaskContext, search: AlertSearch) {
  return searchAlerts(database, search);
}

function scanning(
  { database: pool, signal }: TaskContext,
  { timeoutMs }: { readonly timeoutMs: number },
): Required<Pick<LogScanOptions, 'pool' | 'deadline'>> & { readonly signal: AbortSignal } {
  return { pool, signal, deadline: performance.now() + timeoutMs };
}
