import type { TimeRange } from '@tailrace/connector/connector.ts';
import type { KqlPipeline } from './kql-pipeline.ts';

const dayMicros = 86_400_000_000;

/** Names of the columns that the wrapper adds, and their place in the answer. */
export const answerColumns = ['__id', '__ingS', '__tgS', '__row'] as const;
/** What of them stands in `__row` too. */
export const innerColumns = ['__ing', '__id', '__ingS', '__tgS'] as const;

/**
 * Azure replaces an event time that is more than two days old or a day ahead
 * (https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns#timegenerated), so this range of event times
 * holds everything that was ingested in the range, and spares the service a look through the whole table.
 */
export function timespanOf({ start, end }: TimeRange): TimeRange {
  return { start: start - 2 * dayMicros, end: end + dayMicros };
}

/**
 * The query for what was ingested in a range. `ingestion_time()` and `_ItemId` exist at the table only, so they become
 * columns before the user's operators. Times and the row travel as text: the SDK would cut times to milliseconds and
 * round large numbers.
 */
export function wrapQuery({ table, steps }: KqlPipeline, range: TimeRange): string {
  const { start, end } = timespanOf(range);
  return [
    `${table} | where TimeGenerated between (${datetime(start)} .. ${datetime(end)})`,
    '| extend __ing=ingestion_time(), __id=_ItemId',
    `| where __ing > ${beforeTime(range.start)} and __ing <= ${beforeTime(range.end)}`,
    '| extend __ingS=tostring(__ing), __tgS=tostring(TimeGenerated)',
    ...steps.map(({ operator, text }) => `| ${keepsOurs(operator, text)}`),
    '| extend __row=tostring(pack_all())',
    '| order by __ing asc, __id asc',
    `| project ${answerColumns.join(', ')}`,
  ].join('\n');
}

/** A projection would drop the columns that carry the row's identity. */
function keepsOurs(operator: string, text: string): string {
  return operator === 'project' || operator === 'project-keep' ? `${text}, ${innerColumns.join(', ')}` : text;
}

/** One tick (100 ns) before a time: turns [start, end) into the wrapper's (start, end]. */
function beforeTime(micros: number): string {
  return `datetime(${isoSeconds(micros - 1)}.${fraction(micros - 1)}9Z)`;
}

function datetime(micros: number): string {
  return `datetime(${isoSeconds(micros)}.${fraction(micros)}0Z)`;
}

function isoSeconds(micros: number): string {
  return new Date(Math.floor(micros / 1_000_000) * 1000).toISOString().slice(0, 19);
}

function fraction(micros: number): string {
  return String(micros - Math.floor(micros / 1_000_000) * 1_000_000).padStart(6, '0');
}
