import { compileRegex, type LineRegex } from '@tailrace/log-query/regex.ts';
import { type Instant, parseRfc3339 } from '../../instant.ts';
import type { GcpEvent, Json } from '../../store/cloud-event.ts';
import { logName } from '../../store/ledger.ts';
import { severityNumber } from '../severity.ts';
import { FilterError } from './filter-error.ts';
import type { Filter, Operator } from './syntax.ts';

type Predicate = (event: GcpEvent) => boolean;
type Compare = Extract<Filter, { kind: 'compare' }>;

/** Turns a filter into a test of entries. Throws a FilterError for values that their fields cannot have. */
export function predicateOf(filter: Filter): Predicate {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.parts.map(predicateOf);
      return (event) => parts.every((part) => part(event));
    }
    case 'or': {
      const parts = filter.parts.map(predicateOf);
      return (event) => parts.some((part) => part(event));
    }
    case 'not': {
      const part = predicateOf(filter.part);
      return (event) => !part(event);
    }
    case 'anywhere': {
      const text = filter.text.toLowerCase();
      return (event) => JSON.stringify(event.body.entry).toLowerCase().includes(text);
    }
    case 'compare':
      return comparison(filter);
  }
}

/** The earliest event time the filter lets through, as far as its outermost comparisons tell. */
export function earliestOf(filter: Filter): Instant | undefined {
  const parts = filter.kind === 'and' ? filter.parts : [filter];
  let earliest: Instant | undefined;
  for (const part of parts) {
    if (part.kind !== 'compare' || part.path.join('.') !== 'timestamp' || !/^>=?$/.test(part.operator)) continue;
    const time = parseRfc3339(part.value);
    if (time !== undefined && (earliest === undefined || time > earliest)) earliest = time;
  }
  return earliest;
}

const orderTests: Readonly<Partial<Record<Operator, (order: number) => boolean>>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function comparison({ path, operator, value }: Compare): Predicate {
  const [first = '', ...rest] = path;
  const field = camelCase(first);
  if (rest.length === 0 && (field === 'timestamp' || field === 'receiveTimestamp')) {
    return timeComparison(field === 'timestamp' ? 'eventTime' : 'ingestionTime', operator, value);
  }
  if (rest.length === 0 && field === 'severity') return severityComparison(operator, value);
  const test = valueTest(operator, value);
  // A field that is not there compares with nothing, not even by `!=`.
  return (event) => valuesAt(event, [field, ...rest]).some(test);
}

function timeComparison(time: 'eventTime' | 'ingestionTime', operator: Operator, value: string): Predicate {
  const bound = parseRfc3339(value);
  const test = orderTests[operator];
  if (bound === undefined || test === undefined) throw new FilterError(`Field not parseable as timestamp: '${value}'.`);
  return (event) => test(order(event[time], bound));
}

function severityComparison(operator: Operator, value: string): Predicate {
  const bound = severityNumber(value);
  const test = orderTests[operator === ':' ? '=' : operator];
  if (bound === undefined || test === undefined) throw new FilterError(`Unknown severity '${value}'.`);
  return (event) => test(order(severityNumber(String(event.body.entry.severity ?? 'DEFAULT')) ?? 0, bound));
}

/** A test of one value. Case does not count, except in regular expressions. */
function valueTest(operator: Operator, value: string): (found: Json) => boolean {
  const text = value.toLowerCase();
  if (operator === ':') return (found) => value === '*' || asText(found).toLowerCase().includes(text);
  if (operator === '=~' || operator === '!~') {
    const pattern = regularExpression(value);
    return (found) => pattern.finds(asText(found)) === (operator === '=~');
  }
  const test = orderTests[operator]!;
  const number = Number(value);
  return (found) => {
    const numeric = value !== '' && !Number.isNaN(number) && !Number.isNaN(Number(found)) && found !== '';
    return test(numeric ? order(Number(found), number) : order(asText(found).toLowerCase(), text));
  };
}

/** RE2's, as Cloud Logging's are (https://cloud.google.com/logging/docs/view/logging-query-language#regular-expressions). */
function regularExpression(source: string): LineRegex {
  const regex = compileRegex(source);
  if ('problem' in regex) throw new FilterError(`Invalid regular expression '${source}': it ${regex.problem}.`);
  return regex;
}

/** The values a path leads to; several where it goes through a list. */
function valuesAt(event: GcpEvent, path: readonly string[]): Json[] {
  const [first, ...rest] = path;
  const { entry } = event.body;
  if (first === 'logName') return [logName(event.scope, event.source)];
  if (first === 'insertId') return [event.id];
  if (first === 'logId') return [event.source];
  let values: Json[] = first !== undefined && Object.hasOwn(entry, first) ? [entry[first]!] : [];
  for (const name of rest) {
    values = values.flat().flatMap((value) => {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
      return [(value as Readonly<Record<string, Json>>)[name]!];
    });
  }
  return values.flat();
}

/** Fields may be named as in the JSON or as in the proto: `log_name` is `logName`. */
function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function asText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function order(a: bigint | number | string, b: bigint | number | string): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
