import type { QueryProblem } from './query-problem.ts';
import { type QueryNode, testsOf } from './tree.ts';

/** A text within quotes, as a query has it. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** A value as it is written behind a colon: in quotes where it must be. */
export function valueText(value: string): string {
  return /^[\w.@][\w.\-/@:+]*$/.test(value) ? value : quoted(value);
}

/**
 * Writes ids in place of the names of connections, or the other way: lines carry ids, and people know names.
 * @param text what `tree` was read from
 * @param idOf the id of a name; undefined where there is none
 */
export function nameConnections(
  text: string,
  tree: QueryNode | undefined,
  idOf: (name: string) => string | undefined,
): { readonly text: string } | { readonly problem: QueryProblem } {
  let named = text;
  for (const { span, field, test } of [...testsOf(tree)].reverse()) {
    if (field.kind !== 'line' || field.name !== 'connection' || test.kind !== 'equals') continue;
    const id = idOf(test.text);
    if (id === undefined) return { problem: { at: span.start, message: `there is no connection ${test.text}` } };
    const written = text.slice(span.start, span.end);
    // In a list of values the test is written without its name.
    const [name = ''] = /^connection(?::?=|:)\(?/.exec(written) ?? [];
    const end = name.endsWith('(') ? ')' : '';
    named = named.slice(0, span.start) + name + valueText(id) + end + named.slice(span.end);
  }
  return { text: named };
}
