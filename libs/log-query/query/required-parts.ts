import type { LogFilter } from '../log-filter.ts';
import { readQuery } from './read-query.ts';
import { type QueryNode, testsOf } from './tree.ts';

/** What may be said of every line that a query finds, as the parts of a filter: for looking up queries by the line. */
export type RequiredParts = Pick<LogFilter, 'level' | 'connections' | 'stream' | 'text' | 'regex' | 'attributes'>;

/** Only what the query joins by AND; empty where nothing can be said. */
export function requiredParts(query: string | undefined): RequiredParts {
  const tree = treeOf(query);
  if (tree === undefined) return {};
  const parts: { -readonly [Name in keyof RequiredParts]: RequiredParts[Name] } = {};
  for (const node of tree.kind === 'and' ? tree.of : [tree]) {
    const values = equalValues(node);
    if (values !== undefined) {
      const { field, texts } = values;
      if (field.kind === 'attribute') parts.attributes = { ...parts.attributes, [field.name]: [...texts] };
      else if (field.name === 'connection') parts.connections ??= [...texts];
      else if (field.name === 'stream' && texts.length === 1) parts.stream ??= texts[0];
    } else if (node.kind === 'test') {
      const { field, test } = node;
      if (test.kind === 'level' && test.comparison === '>=') parts.level ??= test.level;
      if (field.name !== 'body' || field.kind !== 'line') continue;
      if (test.kind === 'contains') parts.text = longer(parts.text, test.text);
      if (test.kind === 'regex') parts.regex ??= test.pattern;
    }
  }
  return parts;
}

/** Tests whether lines of a connection may be found, as far as the query says by connections alone. */
export function connectionTest(query: string | undefined): (connectionId: string) => boolean {
  const tree = treeOf(query);
  return (connectionId) => tree === undefined || finds(tree, connectionId) !== false;
}

/** Undefined where it depends on the line. */
function finds(node: QueryNode, connectionId: string): boolean | undefined {
  switch (node.kind) {
    case 'not': {
      const inner = finds(node.of, connectionId);
      return inner === undefined ? undefined : !inner;
    }
    case 'test': {
      const { field, test } = node;
      if (field.kind !== 'line' || field.name !== 'connection') return undefined;
      return test.kind === 'equals' ? test.text === connectionId : undefined;
    }
    case 'and':
    case 'or': {
      const deciding = node.kind === 'or';
      const each = node.of.map((one) => finds(one, connectionId));
      if (each.includes(deciding)) return deciding;
      return each.includes(undefined) ? undefined : !deciding;
    }
  }
}

/** The patterns of all expressions in a query, over the body or not. */
export function expressionsOf(query: string | undefined): readonly string[] {
  return [...testsOf(treeOf(query))].flatMap(({ test }) => (test.kind === 'regex' ? [test.pattern] : []));
}

function equalValues(node: QueryNode) {
  const tests = node.kind === 'or' ? node.of : [node];
  const [first] = tests;
  if (first?.kind !== 'test') return undefined;
  const texts: string[] = [];
  for (const each of tests) {
    if (each.kind !== 'test' || each.test.kind !== 'equals') return undefined;
    if (each.field.kind !== first.field.kind || each.field.name !== first.field.name) return undefined;
    texts.push(each.test.text);
  }
  return { field: first.field, texts };
}

function treeOf(query: string | undefined): QueryNode | undefined {
  const reading = query === undefined ? undefined : readQuery(query);
  return reading !== undefined && 'tree' in reading ? reading.tree : undefined;
}

function longer(one: string | undefined, other: string): string {
  return one !== undefined && one.length >= other.length ? one : other;
}
