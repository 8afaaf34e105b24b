import type { TimeRange } from '@tailrace/ingestion/contract/connector.ts';
import type { KqlPipeline } from './kql-pipeline.ts';
import { ownColumns } from './own-columns.ts';

const dayMicros = 86_400_000_000;

/** Names of the columns that the wrapper adds, and their place in the answer. */
const answerColumns = ['__id', '__ingS', '__tgS', '__row'] as const;

/**
 * Azure replaces an event time that is more than two days old or a day ahead
 * (https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns#timegenerated), so this range of event times
 * holds everything that was ingested in the range, and spares the service a look through the whole table.
 */
export function timespanOf({ start, end }: TimeRange): TimeRange {
  return { start: start - 2 * dayMicros, end: end + dayMicros };
}

export interface PageOptions {
  /** The ingestion time the page begins at, with ticks; the range's start when left out. */
  readonly from?: string | undefined;
  /** The most rows it holds. */
  readonly rows: number;
}

/**
 * The query for what was ingested in a range, earliest first. `ingestion_time()` and `_ItemId` exist at the table only,
 * so they become columns before the user's operators. Times and the row travel as text: the SDK would cut times to
 * milliseconds and round large numbers.
 */
export function wrapQuery({ table, steps }: KqlPipeline, range: TimeRange, { from, rows }: PageOptions): string {
  const { start, end } = timespanOf(range);
  return [
    `${table} | where TimeGenerated between (${datetime(start)} .. ${datetime(end)})`,
    '| extend __ing=ingestion_time(), __id=_ItemId',
    `| where __ing >= ${from === undefined ? datetime(range.start) : `datetime(${from})`} and __ing < ${datetime(range.end)}`,
    '| extend __ingS=tostring(__ing), __tgS=tostring(TimeGenerated)',
    ...steps.map(({ operator, text }) => `| ${keepsOurs(operator, text)}`),
    '| extend __row=tostring(pack_all(true))',
    '| order by __ing asc, __id asc',
    `| take ${rows}`,
    `| project ${answerColumns.join(', ')}`,
  ].join('\n');
}

/** A projection would drop the columns that carry the row's identity. */
function keepsOurs(operator: string, text: string): string {
  return operator === 'project' || operator === 'project-keep' ? `${text}, ${ownColumns.join(', ')}` : text;
}

function datetime(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, '0');
  return `datetime(${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}0Z)`;
}
