import {
  type Comparison,
  type Field,
  type LineField,
  type QueryNode,
  serviceNames,
  type ValueTest,
} from '@tailrace/log-query/query/tree.ts';
import { leastSeverity } from '@tailrace/log-record/level.ts';
import type { Parameters } from '../parameters.ts';
import { isAscii, likePattern } from './like-pattern.ts';

type TextTest = Exclude<ValueTest, { kind: 'level' }>;

/** A condition on `logs`, never null. */
interface Condition {
  readonly sql: string;
  /** Whether it means just what the query's matcher means. */
  readonly isExact: boolean;
}

/** What a part of a query becomes that PostgreSQL cannot check: what lets every row pass, or under a NOT, none. */
type Unknown = 'true' | 'false';

/**
 * A query as a condition that every row fulfils which the query's matcher lets pass. What PostgreSQL would mean otherwise
 * is left to the matcher: regular expressions (its own backtrack), letters beyond ASCII in any case (which its locale
 * decides), and quantities. A part that is left out is true, and under a NOT false, so that no row is missed.
 */
export function querySql(node: QueryNode, parameters: Parameters, unknown: Unknown = 'true'): Condition {
  if (node.kind === 'test') return testSql(node.field, node.test, parameters, unknown);
  if (node.kind === 'not') {
    const { sql, isExact } = querySql(node.of, parameters, unknown === 'true' ? 'false' : 'true');
    return { sql: `not ${sql}`, isExact };
  }
  const parts = node.of.map((each) => querySql(each, parameters, unknown));
  return {
    sql: `(${parts.map(({ sql }) => sql).join(` ${node.kind} `)})`,
    isExact: parts.every((each) => each.isExact),
  };
}

function testSql(field: Field, test: ValueTest, parameters: Parameters, unknown: Unknown): Condition {
  if (test.kind === 'level') return exact(levelSql(test.comparison, leastSeverity(test.level)));
  const isExact = canCheck(test);
  if (!isExact && unknown === 'false') return { sql: 'false', isExact };
  return { sql: fieldSql(field, test, parameters), isExact };
}

/** Whether PostgreSQL means the same by it. */
function canCheck(test: TextTest): boolean {
  switch (test.kind) {
    case 'exists':
    case 'equals':
      return true;
    case 'contains':
      return isAscii(test.text);
    case 'wildcard':
      return !test.ignoreCase || test.parts.every(isAscii);
    case 'regex':
    case 'quantity':
      return false;
  }
}

/** What the field is tested for, or at least that it is there. */
function fieldSql(field: Field, test: TextTest, parameters: Parameters): string {
  if (field.kind === 'attribute') return attributeSql([field.name], test, parameters);
  switch (field.name) {
    case 'level':
      return test.kind === 'exists' ? 'severity_number >= 1' : 'severity_number < 1';
    case 'service':
      return attributeSql(serviceNames, test, parameters);
    case 'flags':
      return `exists (select from unnest(flags) as flag where ${textSql('flag', test, parameters)})`;
    default: {
      const column = columns[field.name];
      const sql = test.kind === 'exists' ? `${column} <> ''` : textSql(column, test, parameters);
      return `coalesce(${sql}, false)`;
    }
  }
}

/** Where lines have what is no attribute. */
export const columns: Readonly<Record<Exclude<LineField, 'level' | 'service' | 'flags'>, string>> = {
  connection: 'connection_id',
  provider: 'provider',
  stream: 'stream',
  trace: 'trace_id',
  span: 'span_id',
  parser: 'parser',
  body: 'body',
};

function exact(sql: string): Condition {
  return { sql, isExact: true };
}

/** Of levels, each four severity numbers; lines without one are in no relation to any. */
function levelSql(comparison: Comparison, least: number): string {
  const most = least + 3;
  switch (comparison) {
    case '=':
      return `severity_number between ${least} and ${most}`;
    case '>':
      return `severity_number > ${most}`;
    case '>=':
      return `severity_number >= ${least}`;
    case '<':
      return `severity_number between 1 and ${least - 1}`;
    case '<=':
      return `severity_number between 1 and ${most}`;
  }
}

function attributeSql(names: readonly string[], test: TextTest, parameters: Parameters): string {
  const places = names.flatMap((name) => {
    const key = parameters.add(name);
    return [`attributes ->> ${key}`, `resource ->> ${key}`];
  });
  const conditions = places.map((place) => textSql(`(${place})`, test, parameters));
  return `coalesce(${conditions.join(' or ')}, false)`;
}

/** Null where there is no text. */
function textSql(text: string, test: TextTest, parameters: Parameters): string {
  if (!canCheck(test)) return `${text} is not null`;
  switch (test.kind) {
    case 'equals':
      return `${text} = ${parameters.add(test.text)}`;
    case 'contains':
      return `${text} ilike ${parameters.add(likePattern(['', test.text, '']))} collate "C"`;
    case 'wildcard':
      return `${text} ${test.ignoreCase ? 'ilike' : 'like'} ${parameters.add(likePattern(test.parts))} collate "C"`;
    default:
      return `${text} is not null`;
  }
}
