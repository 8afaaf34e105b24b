import {
  type AggregateRequest,
  type AggregateResult,
  type AggregateRow,
  Aggregation,
} from '@tailrace/log-query/numbers/aggregation.ts';
import { attributeNames, type GroupField, textOf } from '@tailrace/log-query/query/field-text.ts';
import { Slice } from '@tailrace/log-query/thread-time.ts';
import { levelOf } from '@tailrace/log-record/level.ts';
import { copyTimestamp } from '../copy-text.ts';
import { Parameters } from '../parameters.ts';
import { filterSql } from './log-filter-sql.ts';
import { type LogScanOptions, scanLogs, withinStatementTimeout } from './log-scan.ts';
import { columns as lineColumns } from './query-sql.ts';

export type AggregateOptions = Omit<LogScanOptions, 'direction' | 'start'> &
  Omit<AggregateRequest, 'buckets'> & {
    /** Fields that group, at most a few. */
    readonly by: readonly GroupField[];
    /** Width of a bucket, microseconds; buckets begin at multiples of it since the epoch. Left out: no buckets. */
    readonly width: number | undefined;
  };

/** What was summed up, and of which part of the range. */
export interface Aggregate extends AggregateResult {
  /** Event time since when all lines were looked at, microseconds: later than `from` when the time was up. */
  readonly countedFrom: number;
}

/** Groups are distinguished by the beginning of their texts, characters. */
export const groupCharacters = 256;
/** Longer texts are no quantities; one more says that a text was longer. */
const valueCharacters = 65;
/** Rows of one statement: the driver parses them at once. */
const maxRows = 10_000;
const shortestStretch = 1000;
/** With a numeric field nearly every line is a row of its own, and how many there are nobody knows yet. */
const firstStretch = 5 * 60 * 1_000_000;

/**
 * Sums up the matching records by groups and buckets of time, newest first, until the deadline. PostgreSQL counts lines
 * of the same group, bucket and text of the numeric field; what number a text is, the query language's own reader says.
 * @throws TailraceError `log_search.too_slow`, `postgres.unavailable`
 */
export async function aggregateLogs(options: AggregateOptions): Promise<Aggregate> {
  const { from, to, width } = options;
  const buckets = width === undefined ? 1 : Math.ceil(to / width) - Math.floor(from / width);
  const aggregation = new Aggregation({ ...options, buckets });
  const isExact = filterSql(options.filter, new Parameters()).isExact;
  const countedFrom = await (isExact ? sumInDatabase : sumByScanning)(options, aggregation);
  const secondsOf = (bucket?: number) => {
    const inBucket = bucket !== undefined && width !== undefined;
    const start = Math.max(from, countedFrom, inBucket ? bucket * width : from);
    const end = inBucket ? Math.min(to, (bucket + 1) * width) : to;
    return (end - start) / 1_000_000;
  };
  return { ...aggregation.result(secondsOf), countedFrom };
}

/** @returns since when everything has been counted */
async function sumInDatabase(options: AggregateOptions, aggregation: Aggregation): Promise<number> {
  const { from, to, field, deadline, signal, projectId } = options;
  const slice = new Slice(projectId);
  let end = to;
  let stretch = field === undefined ? to - from : Math.min(to - from, firstStretch);
  while (end > from && performance.now() < deadline) {
    signal?.throwIfAborted();
    const start = Math.max(from, end - stretch);
    const rows = await withinStatementTimeout(() => readStretch(options, start, end));
    if (rows === undefined || rows.length > maxRows) {
      if (stretch <= shortestStretch) break;
      stretch = Math.max(shortestStretch, Math.floor(stretch / 8));
      continue;
    }
    await slice.turn();
    for (const row of rows) {
      if (slice.isOver) await slice.rest();
      aggregation.add(row);
    }
    slice.end();
    end = start;
    if (rows.length < maxRows / 3) stretch *= 2;
  }
  return end;
}

interface GroupRow {
  readonly start: number | null;
  readonly value: string | null;
  readonly lines: number;
  readonly [group: `g${number}`]: string | number | null;
}

/** At most one row more than is wanted, which says that there are too many. */
async function readStretch(
  { pool, projectId, filter, from, width, by, field }: AggregateOptions,
  start: number,
  end: number,
): Promise<readonly AggregateRow[]> {
  const parameters = new Parameters();
  const conditions = [
    `project_id = ${parameters.add(projectId)}`,
    `timestamp >= ${parameters.add(copyTimestamp(start))}::timestamptz`,
    `timestamp < ${parameters.add(copyTimestamp(end))}::timestamptz`,
    ...filterSql(filter, parameters).conditions,
  ];
  const columns = [
    [
      'bin',
      width === undefined ? 'null::timestamptz' : binSql(Math.floor(Math.max(from, start) / width), width, parameters),
    ],
    ...by.map((each, index) => [`g${index}`, groupSql(each, parameters)]),
    ['value', field === undefined ? 'null::text' : `left(${attributeSql([field], parameters)}, ${valueCharacters})`],
  ];
  const names = columns.map(([name]) => name);
  const sql = `select (extract(epoch from bin) * 1000000)::bigint as start, ${names.slice(1).join(', ')}, lines
    from (select ${names.join(', ')}, count(*)::bigint as lines
      from (select ${columns.map(([name, expression]) => `${expression} as ${name}`).join(', ')}
        from logs where ${conditions.join(' and ')}) as matching
      group by ${names.join(', ')} limit ${maxRows + 1}) as counted`;
  const { rows } = await pool.query<GroupRow>(sql, parameters.values);
  return rows.map((row) => ({
    bucket: row.start === null || width === undefined ? 0 : Math.round(row.start / width),
    group: by.map((each, index) => groupText(each, row[`g${index}`] ?? null)),
    value: row.value,
    lines: row.lines,
  }));
}

/** Counted from the stretch's own beginning: before its origin, date_bin of some versions is a bucket off. */
function binSql(firstBucket: number, width: number, parameters: Parameters): string {
  const origin = `'epoch'::timestamptz + ${parameters.add(`${firstBucket * width} microseconds`)}::interval`;
  return `date_bin(${parameters.add(`${width} microseconds`)}::interval, timestamp, ${origin})`;
}

function groupSql(field: GroupField, parameters: Parameters): string {
  if (field.kind === 'attribute' || field.name === 'service') {
    return `left(${attributeSql(attributeNames(field), parameters)}, ${groupCharacters})`;
  }
  if (field.name === 'level') return 'severity_number';
  return `left(nullif(${lineColumns[field.name]}, ''), ${groupCharacters})`;
}

function attributeSql(names: readonly string[], parameters: Parameters): string {
  const places = names.flatMap((name) => {
    const key = parameters.add(name);
    return [`attributes ->> ${key}`, `resource ->> ${key}`];
  });
  return `coalesce(${places.join(', ')})`;
}

function groupText(field: GroupField, read: string | number | null): string | null {
  if (field.kind === 'line' && field.name === 'level') return levelOf(Number(read)) ?? 'unset';
  return read === null ? null : String(read);
}

/** @returns since when everything has been counted */
async function sumByScanning(options: AggregateOptions, aggregation: Aggregation): Promise<number> {
  const { from, to, width, by, field } = options;
  const groups = by.map(textOf);
  const numericText = field === undefined ? () => null : textOf({ kind: 'attribute', name: field });
  let end = to;
  for await (const { records, position, isLast } of scanLogs({
    ...options,
    direction: 'older',
  })) {
    for (const record of records) {
      aggregation.add({
        bucket: width === undefined ? 0 : Math.floor(record.timestamp / width),
        group: groups.map((textIn) => beginning(textIn(record))),
        value: numericText(record),
        lines: 1,
      });
    }
    end = isLast ? from : position.timestamp;
  }
  return end;
}

/** As PostgreSQL cuts texts: by code points. */
function beginning(text: string | null): string | null {
  if (text === null || text.length <= groupCharacters) return text;
  return Array.from(text.slice(0, 2 * groupCharacters))
    .slice(0, groupCharacters)
    .join('');
}
