import { type Level, levels } from '@tailrace/log-record/level.ts';
import type { LogFilter } from '../api/generated.ts';

/**
 * What people write into the filter bar, and the filter it means:
 *
 *     level:warn  connection:shop  "payment failed"  -healthcheck  /timeout|refused/  service:cart  -region:eu  trace:4bf9…
 *
 * Free words next to each other are one text; a minus leaves out what follows it. A name in quotes is an attribute's, also
 * one that would mean something else or holds spaces: `"level":30`, `"user id":42`.
 */
export type ParsedQuery = { readonly filter: LogFilter } | { readonly problem: string };

/** One part of a query. Parts in the order they were written; `text` is how it is written. */
export interface Term {
  readonly negative: boolean;
  /** The name before the colon; undefined for text and expressions. */
  readonly key: string | undefined;
  /** The name is an attribute's, whatever else it would mean. */
  readonly isAttribute?: true;
  readonly value: string;
  readonly regex: boolean;
}

const part =
  /(-?)(?:\/((?:[^/\\]|\\.)+)\/(?=\s|$)|(?:(?:([A-Za-z_][\w.\-/@]*)|"((?:[^"\\]|\\.)*)"):(?!\/\/))?(?:"((?:[^"\\]|\\.)*)"|(\S+)))/gs;
const plainName = /^[A-Za-z_][\w.\-/@]*$/;
/** Names that are no attribute's unless they stand in quotes. */
const reserved: ReadonlySet<string> = new Set(['level', 'levels', 'connection', 'stream', 'trace']);

/** Takes a query apart. Never fails: what has no meaning is text. */
export function termsOf(query: string): Term[] {
  return [...query.matchAll(part)].map(([, minus, regex, name, quotedName, quoted, plain]) => {
    const key = name ?? (quotedName === undefined ? undefined : unquoted(quotedName));
    const value = quoted === undefined ? (plain ?? '') : unquoted(quoted);
    return {
      negative: minus === '-',
      key,
      ...(quotedName !== undefined && { isAttribute: true }),
      value: regex === undefined ? value : regex.replaceAll('\\/', '/'),
      regex: regex !== undefined,
    };
  });
}

function unquoted(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1');
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** The name of an attribute as it is written before its colon. */
export function attributeName(key: string): string {
  return plainName.test(key) && !reserved.has(key) ? key : quote(key);
}

/** Writes a part so that `termsOf` reads it back. */
export function termText({ negative, key, isAttribute, value, regex }: Term): string {
  const minus = negative ? '-' : '';
  if (regex) return `${minus}/${value.replaceAll(/\\.|\//gs, (each) => (each === '/' ? '\\/' : each))}/`;
  const plain = /^[^\s"/-][^\s"]*$/.test(value) && (key !== undefined || termsOf(value)[0]?.key === undefined);
  const written = plain ? value : quote(value);
  if (key === undefined) return minus + written;
  return `${minus}${isAttribute ? attributeName(key) : key}:${written}`;
}

function queryText(terms: readonly Term[]): string {
  return terms.map(termText).join(' ');
}

/**
 * The filter that a query means.
 * @param connectionId the id of a connection by its name or id; undefined when there is none
 */
export function parseQuery(query: string, connectionId: (name: string) => string | undefined): ParsedQuery {
  const filter: { -readonly [Name in keyof LogFilter]: LogFilter[Name] } = {};
  const words: string[] = [];
  for (const term of termsOf(query)) {
    const { negative, key, value, regex } = term;
    if (value === '' && !isOfAttribute(term)) return { problem: `${termText(term)} has nothing after its colon` };
    if (regex) {
      if (negative) return { problem: 'an expression cannot be left out: write it so that it matches what you want' };
      if (filter.regex !== undefined) return { problem: 'one expression at a time: join them as /one|other/' };
      filter.regex = value;
    } else if (key === undefined) {
      if (!negative) words.push(value);
      else if (filter.exclude !== undefined) return { problem: 'one text to leave out at a time' };
      else filter.exclude = value;
    } else {
      const problem = keyed(filter, term, connectionId);
      if (problem !== undefined) return { problem };
    }
  }
  if (words.length > 0) filter.text = words.join(' ');
  return { filter };
}

function isOfAttribute({ key, isAttribute }: Term): boolean {
  return key !== undefined && (isAttribute === true || !reserved.has(key));
}

type Draft = { -readonly [Name in keyof LogFilter]: LogFilter[Name] };

/** Sets what a part with a name means. Returns what is wrong with it. */
function keyed(filter: Draft, term: Term, connectionId: (name: string) => string | undefined): string | undefined {
  const { negative, key = '', value } = term;
  if (isOfAttribute(term)) {
    const list = negative ? 'exclude_attributes' : 'attributes';
    filter[list] = { ...filter[list], [key]: value };
    return undefined;
  }
  if (negative) return `${key} cannot be left out; name the ones you want`;
  switch (key) {
    case 'level': {
      const level = levels.find((each) => each === value.toLowerCase());
      if (level === undefined) return `level is one of ${levels.join(', ')}`;
      filter.level = level;
      return undefined;
    }
    case 'levels': {
      const given = value.toLowerCase().split(',').filter(Boolean);
      const wrong = given.find((each) => !isLevel(each));
      if (wrong !== undefined) return `${wrong} is no level: ${levels.join(', ')} or unset`;
      filter.levels = given.filter(isLevel);
      return undefined;
    }
    case 'connection': {
      const ids: string[] = [];
      for (const name of connectionNames(value, connectionId)) {
        const id = connectionId(name);
        if (id === undefined) return `there is no connection ${name}`;
        ids.push(id);
      }
      filter.connections = [...(filter.connections ?? []), ...ids];
      return undefined;
    }
    case 'stream':
      filter.stream = value;
      return undefined;
    case 'trace':
      if (!/^[0-9a-f]{32}$/i.test(value)) return 'trace is 32 hexadecimal digits';
      filter.trace_id = value.toLowerCase();
      return undefined;
    default:
      return undefined;
  }
}

/** The names that a value of `connection:` holds: a name may have commas itself. */
export function connectionNames(value: string, connectionId: (name: string) => string | undefined): readonly string[] {
  return connectionId(value) === undefined ? value.split(',').filter(Boolean) : [value];
}

function isLevel(text: string): text is Level | 'unset' {
  return text === 'unset' || levels.some((level) => level === text);
}

/** The query with one more part; the same part is not written twice, and its opposite goes. */
export function withTerm(query: string, term: Term): string {
  const opposite = termText({ ...term, negative: !term.negative });
  const single = isSingle(term);
  const rest = termsOf(query).filter((each) => {
    if (single && isSingle(each) && each.key === term.key) return false;
    return termText(each) !== termText(term) && termText(each) !== opposite;
  });
  return queryText([...rest, term]);
}

/** Whether there can be one such part only. */
function isSingle(term: Term): boolean {
  if (term.key === undefined) return term.regex;
  return !isOfAttribute(term) && ['level', 'stream', 'trace'].includes(term.key);
}

/** The parts of a name that is no attribute's. */
export function termsNamed(query: string, key: string): readonly Term[] {
  return termsOf(query).filter((each) => each.key === key && !each.isAttribute);
}

/** The query without the parts of a name that is no attribute's. */
export function withoutKey(query: string, key: string): string {
  return queryText(termsOf(query).filter((each) => each.key !== key || each.isAttribute));
}

export function attributeTerm(key: string, value: string, negative = false): Term {
  return { negative, key, isAttribute: true, value, regex: false };
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
