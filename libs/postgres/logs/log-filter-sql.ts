import { valuesOf } from '@tailrace/log-query/filter-fields.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { readQuery } from '@tailrace/log-query/query/read-query.ts';
import { type Level, leastSeverity } from '@tailrace/log-record/level.ts';
import type { Parameters } from '../parameters.ts';
import { isAscii, likePattern } from './like-pattern.ts';
import { querySql } from './query-sql.ts';

export interface FilterSql {
  /** Conditions on `logs`, to be joined by `and`. */
  readonly conditions: readonly string[];
  /** Whether they say all that the filter says. Otherwise rows must pass the filter's matcher as well. */
  readonly isExact: boolean;
}

/**
 * The part of a filter that PostgreSQL can check with the very meaning `matcher.ts` gives it. Left to the matcher are
 * regular expressions (PostgreSQL's are not RE2's, and backtrack) and letters beyond ASCII whatever their case (what
 * PostgreSQL takes for the same letter depends on the database's locale).
 */
export function filterSql(filter: LogFilter, parameters: Parameters): FilterSql {
  const conditions: string[] = [];
  let isExact = filter.regex === undefined;
  const and = (condition: string) => conditions.push(condition);

  if (filter.level !== undefined) and(`severity_number >= ${leastSeverity(filter.level)}`);
  if (filter.levels !== undefined) and(`(${filter.levels.map(levelCondition).join(' or ')})`);
  if (filter.connections !== undefined) and(`connection_id = any(${parameters.add(filter.connections)})`);
  if (filter.stream !== undefined) and(`stream = ${parameters.add(filter.stream)}`);
  if (filter.parser !== undefined) and(`parser = ${parameters.add(filter.parser)}`);
  if (filter.trace_id !== undefined) and(`trace_id = ${parameters.add(filter.trace_id)}`);
  for (const [key, wanted] of Object.entries(filter.attributes ?? {})) {
    const [k, v] = [parameters.add(key), parameters.add(valuesOf(wanted))];
    and(`(attributes ->> ${k} = any(${v}) or resource ->> ${k} = any(${v}))`);
  }
  for (const [key, unwanted] of Object.entries(filter.exclude_attributes ?? {})) {
    const [k, v] = [parameters.add(key), parameters.add(valuesOf(unwanted))];
    and(`(attributes ->> ${k} = any(${v})) is not true and (resource ->> ${k} = any(${v})) is not true`);
  }
  for (const [text, operator] of [
    [filter.text, 'ilike'],
    [filter.exclude, 'not ilike'],
  ] as const) {
    if (text === undefined) continue;
    if (isAscii(text)) and(`body ${operator} ${parameters.add(likePattern(['', text, '']))} collate "C"`);
    else isExact = false;
  }
  const query = filter.query === undefined ? undefined : readQuery(filter.query);
  if (query !== undefined && 'tree' in query && query.tree !== undefined) {
    const condition = querySql(query.tree, parameters);
    and(condition.sql);
    isExact &&= condition.isExact;
  }
  return { conditions, isExact };
}

function levelCondition(level: Level | 'unset'): string {
  if (level === 'unset') return 'severity_number < 1';
  const least = leastSeverity(level);
  return `severity_number between ${least} and ${least + 3}`;
}
