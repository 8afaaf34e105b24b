import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { leastSeverity, levelOf } from '@tailrace/log-record/level.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { valuesOf } from './filter-fields.ts';
import { ignoringCase } from './ignoring-case.ts';
import type { LogFilter } from './log-filter.ts';
import { compileQuery } from './query/query-matcher.ts';
import { queryProblemText } from './query/query-problem.ts';
import { readQuery } from './query/read-query.ts';
import { compileRegex } from './regex.ts';

export type Matcher = (record: LogRecord) => boolean;

/**
 * Compiles a filter, cheapest tests first.
 * @throws TailraceError `log_filter.invalid` for a regular expression or a query that `logFilter` would have refused.
 */
export function compileFilter(filter: LogFilter): Matcher {
  const tests: Matcher[] = [];
  if (filter.level !== undefined) {
    const least = leastSeverity(filter.level);
    tests.push((record) => record.severity_number >= least);
  }
  if (filter.levels !== undefined) {
    const wanted = new Set<string>(filter.levels);
    tests.push((record) => wanted.has(levelOf(record.severity_number) ?? 'unset'));
  }
  if (filter.connections !== undefined) {
    const wanted = new Set(filter.connections);
    tests.push((record) => wanted.has(record.connection_id));
  }
  const { stream, parser, trace_id: traceId, attributes, exclude_attributes: excluded } = filter;
  if (stream !== undefined) tests.push((record) => record.stream === stream);
  if (parser !== undefined) tests.push((record) => record.parser === parser);
  if (traceId !== undefined) tests.push((record) => record.trace_id === traceId);
  for (const [key, wanted] of Object.entries(attributes ?? {})) tests.push(fieldTest(key, valuesOf(wanted)));
  for (const [key, unwanted] of Object.entries(excluded ?? {})) {
    const has = fieldTest(key, valuesOf(unwanted));
    tests.push((record) => !has(record));
  }
  if (filter.text !== undefined) {
    const part = ignoringCase(filter.text);
    tests.push((record) => ignoringCase(record.body).includes(part));
  }
  if (filter.exclude !== undefined) {
    const part = ignoringCase(filter.exclude);
    tests.push((record) => !ignoringCase(record.body).includes(part));
  }
  if (filter.regex !== undefined) {
    const regex = compileRegex(filter.regex);
    if ('problem' in regex) throw invalid(`regex ${regex.problem}`);
    tests.push((record) => regex.finds(record.body));
  }
  if (filter.query !== undefined) {
    const query = readQuery(filter.query);
    if ('problem' in query) throw invalid(`query: ${queryProblemText(query.problem)}`);
    if (query.tree !== undefined) tests.push(compileQuery(query.tree));
  }
  return (record) => tests.every((test) => test(record));
}

function invalid(message: string): TailraceError {
  return new TailraceError(message, { code: 'log_filter.invalid', remedy: 'give-up' });
}

/** Whether the attribute, or the resource attribute, has one of the values. */
function fieldTest(key: string, values: readonly string[]): Matcher {
  const [only] = values;
  if (values.length === 1) return (record) => record.attributes[key] === only || record.resource[key] === only;
  const any = new Set<string | undefined>(values);
  return (record) => any.has(record.attributes[key]) || any.has(record.resource[key]);
}
