import { parseExpression } from './parse-expression.ts';
import type { Assignment, Operator, Query, SortKey } from './syntax.ts';
import { TokenReader } from './token-reader.ts';
import { tokenize } from './tokenizer.ts';

/**
 * Parses `Table | operator | …` with the operators where, extend, project and its kin, order by and take: as much of
 * Kusto's language as a wrapped pipeline of ours needs. Everything else is answered with Azure's syntax error.
 */
export function parseQuery(text: string): Query {
  const reader = new TokenReader(tokenize(text));
  const table = reader.name();
  const operators: Operator[] = [];
  while (!reader.atEnd) {
    reader.expect('|');
    operators.push(parseOperator(reader));
  }
  return { table, operators };
}

function parseOperator(reader: TokenReader): Operator {
  const name = reader.name();
  switch (name) {
    case 'where':
    case 'filter':
      return { kind: 'where', predicate: parseExpression(reader) };
    case 'extend':
    case 'project':
      return { kind: name, columns: reader.list(() => parseAssignment(reader)) };
    case 'project-away':
    case 'project-keep':
      return { kind: name, patterns: reader.list(() => parsePattern(reader)) };
    case 'project-rename':
      return { kind: name, renames: reader.list(() => parseRename(reader)) };
    case 'order':
    case 'sort':
      reader.expect('by');
      return { kind: 'order', keys: reader.list(() => parseSortKey(reader)) };
    case 'take':
    case 'limit': {
      const count = reader.take();
      return count.kind === 'number'
        ? { kind: 'take', count: Number(count.text) }
        : reader.fail('a number is expected');
    }
    default:
      return reader.fail(`the simulator does not know the operator '${name}'`);
  }
}

/** `name = value`, or a column's name alone. */
function parseAssignment(reader: TokenReader): Assignment {
  const name = reader.name();
  return { name, value: reader.skip('=') ? parseExpression(reader) : { kind: 'column', name } };
}

/** `new = old`. */
function parseRename(reader: TokenReader): { readonly to: string; readonly from: string } {
  const to = reader.name();
  reader.expect('=');
  return { to, from: reader.name() };
}

/** A column's name with `*` anywhere in it. */
function parsePattern(reader: TokenReader): string {
  let pattern = '';
  for (;;) {
    if (reader.skip('*')) pattern += '*';
    else if (reader.peek()?.kind === 'name') pattern += reader.name();
    else if (pattern === '') return reader.fail('a name is expected');
    else return pattern;
  }
}

function parseSortKey(reader: TokenReader): SortKey {
  const by = parseExpression(reader);
  // Kusto sorts downwards where the query does not say.
  const descending = !reader.skip('asc');
  if (descending) reader.skip('desc');
  return { by, descending };
}
