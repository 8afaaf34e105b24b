import { type Level, levels } from '@tailrace/log-record/level.ts';
import type { LogFilter } from '../api/generated.ts';
import { foreignSyntax } from './foreign-syntax.ts';
import { isOfAttribute, type PlacedTerm, type Term } from './term.ts';
import { attributeTerm, placedTerms, queryText } from './terms.ts';

/**
 * What people write into the filter bar, and the filter it means:
 *
 *     level:warn  connection:shop  "payment failed"  -healthcheck  /timeout|refused/  service:cart  -region:eu  trace:4bf9…
 *
 * Every part must match, but of several values of one attribute, or several sources, any will do. Free words next to each
 * other are one text; a minus leaves out what follows it. A name in quotes is an attribute's, also one that would mean
 * something else or holds spaces: `"level":30`, `"user id":42`.
 */
export type ParsedQuery = { readonly filter: LogFilter } | { readonly problem: string };

type LevelOrUnset = Level | 'unset';

/** A filter while its parts are read. */
interface Draft {
  readonly filter: { -readonly [Name in keyof LogFilter]: LogFilter[Name] };
  /** Connections that are left out. */
  readonly leftOut: Set<string>;
  readonly connectionId: (name: string) => string | undefined;
  readonly connectionIds: (() => readonly string[]) | undefined;
}

const everyLevel: readonly LevelOrUnset[] = [...levels, 'unset'];
/** As many as a filter takes. */
const mostConnections = 100;

/**
 * The filter that a query means, or where and why it means none.
 * @param connectionId the id of a connection by its name or id; undefined when there is none
 * @param connectionIds ids of all connections; without it none can be left out, since the filter is to outlast them
 */
export function parseQuery(
  query: string,
  connectionId: (name: string) => string | undefined,
  connectionIds?: () => readonly string[],
): ParsedQuery {
  const draft: Draft = { filter: {}, leftOut: new Set(), connectionId, connectionIds };
  const parts = placedTerms(query);
  for (const [index, part] of parts.entries()) {
    const problem = foreignSyntax(parts, index) ?? add(draft, parts, index);
    if (problem !== undefined) return { problem: `${part.written} (character ${part.start + 1}): ${problem}` };
  }
  const problem = leaveOut(draft);
  return problem === undefined ? { filter: draft.filter } : { problem };
}

/** Turns connections that are left out into the others, as they are now. */
function leaveOut({ filter, leftOut, connectionIds }: Draft): string | undefined {
  if (leftOut.size === 0) return undefined;
  filter.connections = (filter.connections ?? connectionIds?.() ?? []).filter((id) => !leftOut.has(id));
  if (filter.connections.length === 0) return 'every connection is left out';
  if (filter.connections.length <= mostConnections) return undefined;
  return `more than ${mostConnections} connections are left: name the ones you want`;
}

/** Adds what one part means. Returns what is wrong with it. */
function add(draft: Draft, parts: readonly PlacedTerm[], index: number): string | undefined {
  const { filter } = draft;
  const { term } = parts[index] as PlacedTerm;
  const { negative, key, value, regex } = term;
  if (key !== undefined) return addNamed(draft, term);
  if (value === '') return 'there is no text in the quotes';
  if (regex) {
    if (negative) return 'an expression cannot be left out: write it so that it matches what you want';
    if (filter.regex !== undefined)
      return 'one expression at a time: join them as /one|other/, or /one.*other/ for both';
    filter.regex = value;
  } else if (negative) {
    if (filter.exclude !== undefined) return 'one text to leave out at a time';
    filter.exclude = value;
  } else if (filter.text === undefined) filter.text = value;
  else if (isWord(parts[index - 1]) && isWord(parts[index])) filter.text += ` ${value}`;
  else return 'one text at a time: write words that stand together next to each other, or /one.*other/ for both';
  return undefined;
}

/** A free word, which makes one text with its neighbours. */
function isWord(part: PlacedTerm | undefined): boolean {
  return part !== undefined && part.term.key === undefined && !part.term.regex && !/^-|^"/.test(part.written);
}

function addNamed(draft: Draft, term: Term): string | undefined {
  const { filter } = draft;
  const { negative, key = '', value } = term;
  if (isOfAttribute(term)) {
    const list = negative ? 'exclude_attributes' : 'attributes';
    filter[list] = withValue(filter[list] ?? {}, key, value);
    return undefined;
  }
  if (value === '') return 'nothing follows the colon';
  switch (key) {
    case 'level':
      return addLevel(filter, term);
    case 'levels':
      return addLevels(filter, term);
    case 'connection':
      return addConnections(draft, term);
    default:
      return addSingle(filter, term);
  }
}

function withValue(fields: NonNullable<LogFilter['attributes']>, key: string, value: string) {
  const before = Object.hasOwn(fields, key) ? [fields[key] ?? []].flat() : [];
  const values = before.includes(value) ? before : [...before, value];
  return { ...fields, [key]: values.length === 1 ? value : values };
}

function addLevel(filter: Draft['filter'], { negative, value }: Term): string | undefined {
  const level = levels.find((each) => each === value.toLowerCase());
  if (level === undefined) return `level is one of ${levels.join(', ')}, and means that level and above`;
  const rank = levels.indexOf(level);
  if (negative) return keepLevels(filter, (each) => each === 'unset' || levels.indexOf(each) < rank);
  filter.level = filter.level === undefined ? level : levels[Math.max(rank, levels.indexOf(filter.level))];
  return undefined;
}

function addLevels(filter: Draft['filter'], { negative, value }: Term): string | undefined {
  const given = [...new Set(value.toLowerCase().split(',').filter(Boolean))];
  const wrong = given.find((each) => !isLevel(each));
  if (wrong !== undefined) return `${wrong} is no level: ${everyLevel.join(', ')}`;
  if (given.length === 0) return `name levels, separated by commas: ${everyLevel.join(', ')}`;
  if (negative || filter.levels !== undefined) {
    return keepLevels(filter, (each) => given.includes(each) !== negative);
  }
  filter.levels = given.filter(isLevel);
  return undefined;
}

function isLevel(text: string): text is LevelOrUnset {
  return everyLevel.some((level) => level === text);
}

/** Of the levels that were wanted so far. */
function keepLevels(filter: Draft['filter'], isKept: (level: LevelOrUnset) => boolean): string | undefined {
  filter.levels = (filter.levels ?? everyLevel).filter(isKept);
  return filter.levels.length === 0 ? 'no level is left; several at once are written levels:warn,error' : undefined;
}

function addConnections(draft: Draft, { negative, value }: Term): string | undefined {
  const { filter, leftOut, connectionId, connectionIds } = draft;
  if (negative && connectionIds === undefined) return 'a connection cannot be left out here; name the ones you want';
  for (const name of connectionNames(value, connectionId)) {
    const id = connectionId(name);
    if (id === undefined) return `there is no connection ${name}`;
    if (negative) leftOut.add(id);
    else filter.connections = [...new Set([...(filter.connections ?? []), id])];
  }
  return undefined;
}

function addSingle(filter: Draft['filter'], { negative, key, value }: Term): string | undefined {
  if (negative) return `a ${key} cannot be left out; name the one you want`;
  if (key === 'stream') {
    if (filter.stream !== undefined && filter.stream !== value) return 'a line is of one stream: name one';
    filter.stream = value;
    return undefined;
  }
  if (key === 'parser') {
    if (filter.parser !== undefined && filter.parser !== value) return 'a line has one parser: name one';
    filter.parser = value;
    return undefined;
  }
  if (!/^[0-9a-f]{32}$/i.test(value)) return 'trace is 32 hexadecimal digits';
  const trace = value.toLowerCase();
  if (filter.trace_id !== undefined && filter.trace_id !== trace) return 'a line is of one trace: name one';
  filter.trace_id = trace;
  return undefined;
}

/** The names that a value of `connection:` holds: a name may have commas itself. */
export function connectionNames(value: string, connectionId: (name: string) => string | undefined): readonly string[] {
  return connectionId(value) === undefined ? value.split(',').filter(Boolean) : [value];
}

/** A filter as it is written: `parseQuery` reads it back. */
export function filterText(filter: LogFilter, connectionName: (id: string) => string): string {
  const term = (key: string | undefined, value: string, negative = false): Term => ({
    negative,
    key,
    value,
    regex: false,
  });
  const single = (key: string | undefined, value: string | undefined, negative = false) =>
    value === undefined ? [] : [term(key, value, negative)];
  return queryText([
    ...single('level', filter.level),
    ...single('levels', filter.levels?.join(',')),
    ...(filter.connections ?? []).map((id) => term('connection', connectionName(id))),
    ...single('stream', filter.stream),
    ...single('parser', filter.parser),
    ...single('trace', filter.trace_id),
    ...single(undefined, filter.text),
    ...single(undefined, filter.exclude, true),
    ...(filter.regex === undefined ? [] : [{ negative: false, key: undefined, value: filter.regex, regex: true }]),
    ...fieldTerms(filter.attributes, false),
    ...fieldTerms(filter.exclude_attributes, true),
  ]);
}

function fieldTerms(fields: LogFilter['attributes'], negative: boolean): Term[] {
  return Object.entries(fields ?? {}).flatMap(([key, value]) =>
    [value].flat().map((each) => attributeTerm(key, each, negative)),
  );
}
