import type { LogFilter } from '@tailrace/http/contract/generated.ts';
import { nameConnections } from '@tailrace/log-query/query/name-connections.ts';
import { parseQuery } from '@tailrace/log-query/query/parse-query.ts';
import type { QueryProblem } from '@tailrace/log-query/query/query-problem.ts';
import { attributeField, lineField, valuesText, wordText } from './query-parts.ts';

export type ReadQuery = { readonly filter: LogFilter } | { readonly problem: string };

/**
 * The filter that a written query means, or where and why it means none. Names of connections become ids; regular
 * expressions are for the server to look at.
 * @param connectionId the id of a connection by its name or id; undefined when there is none
 */
export function readQuery(query: string, connectionId: (name: string) => string | undefined): ReadQuery {
  const text = query.trim();
  const reading = parseQuery(text, () => undefined);
  if ('problem' in reading) return { problem: problemText(text, reading.problem) };
  if (reading.tree === undefined) return { filter: {} };
  const named = nameConnections(text, reading.tree, connectionId);
  return 'problem' in named ? { problem: problemText(text, named.problem) } : { filter: { query: named.text } };
}

/** Longest piece of a query that a problem repeats, to show its place. */
const shownCharacters = 20;

function problemText(query: string, { at, message }: QueryProblem): string {
  const rest = query.slice(at);
  const piece = rest.length > shownCharacters ? `${rest.slice(0, shownCharacters)}…` : rest;
  return `${piece === '' ? 'at the end' : `at ${piece}`} (character ${at + 1}): ${message}`;
}

/** A filter as it is written, its connections by their names: `readQuery` reads it back. */
export function filterText(filter: LogFilter, connectionName: (id: string) => string): string {
  const { levels, connections, attributes, exclude_attributes: leftOut } = filter;
  const parts = [
    ...(filter.level === undefined ? [] : [`level:${filter.level}`]),
    ...(levels === undefined ? [] : [levelsText(levels)]),
    ...(connections === undefined ? [] : [valuesText(lineField('connection'), connections.map(connectionName))]),
    ...(filter.stream === undefined ? [] : [valuesText(lineField('stream'), [filter.stream])]),
    ...(filter.parser === undefined ? [] : [valuesText(lineField('parser'), [filter.parser])]),
    ...(filter.trace_id === undefined ? [] : [`trace:${filter.trace_id}`]),
    ...(filter.text === undefined ? [] : [wordText(filter.text)]),
    ...(filter.exclude === undefined ? [] : [`-${wordText(filter.exclude)}`]),
    ...(filter.regex === undefined ? [] : [regexText(filter.regex)]),
    ...fieldTexts(attributes, false),
    ...fieldTexts(leftOut, true),
  ];
  const query = queryWithNames(filter.query ?? '', connectionName);
  if (query === '') return parts.join(' ');
  return parts.length === 0 ? query : `${parts.join(' ')} (${query})`;
}

function levelsText(levels: NonNullable<LogFilter['levels']>): string {
  const each = levels.map((level) => (level === 'unset' ? 'level:unset' : `level=${level}`));
  return each.length === 1 ? each.join('') : `(${each.join(' OR ')})`;
}

function fieldTexts(fields: LogFilter['attributes'], negative: boolean): string[] {
  return Object.entries(fields ?? {}).map(([name, given]) =>
    valuesText(attributeField(name), typeof given === 'string' ? [given] : [...new Set(given)], negative),
  );
}

function regexText(pattern: string): string {
  return `/${pattern.replaceAll(/\\.|\//gs, (each) => (each === '/' ? '\\/' : each))}/`;
}

/** Ids of connections that there are no longer stay. */
function queryWithNames(query: string, connectionName: (id: string) => string): string {
  const reading = parseQuery(query, () => undefined);
  if ('problem' in reading) return query;
  const named = nameConnections(query, reading.tree, connectionName);
  return 'text' in named ? named.text : query;
}
