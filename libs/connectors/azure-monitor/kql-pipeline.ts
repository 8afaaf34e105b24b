import { type KqlToken, tokenizeKql } from './kql-tokens.ts';

/** A query in the parts that the wrapper needs. */
export interface KqlPipeline {
  readonly table: string;
  /** Each operator with its arguments, without the pipe. */
  readonly steps: readonly { readonly operator: string; readonly text: string }[];
}

/** Operators that give one row for each row, or leave rows out by what is in them. */
const rowByRow = new Set([
  'where',
  'filter',
  'extend',
  'project',
  'project-away',
  'project-keep',
  'project-rename',
  'project-reorder',
  'parse',
  'parse-where',
]);

/** Functions that read other data than the table. */
const elsewhere = new Set([
  'workspace',
  'app',
  'resource',
  'cluster',
  'database',
  'externaldata',
  'table',
  'adx',
  'arg',
]);

const tableName = /^[A-Za-z_]\w*$/;

/**
 * Takes a user's query apart, or says why it cannot be followed. It is wrapped between operators of ours (wrap-query.ts),
 * so it must be one statement over one table whose rows keep their identity: what sorts, counts, samples or joins has no
 * meaning for a stream.
 */
export function parsePipeline(query: string): KqlPipeline | { readonly problem: string } {
  const tokens = tokenizeKql(query);
  if ('problem' in tokens) return tokens;
  const code = tokens.filter(({ kind }) => kind !== 'comment');
  const problem = refusal(code);
  if (problem !== undefined) return { problem };
  const [head = [], ...rest] = splitAtPipes(code);
  const [table] = head;
  if (head.length !== 1 || table?.kind !== 'word' || !tableName.test(table.text)) {
    return { problem: 'must begin with the name of one table, such as AppTraces' };
  }
  const steps: { operator: string; text: string }[] = [];
  for (const step of rest) {
    const [operator] = step;
    if (!operator) return { problem: 'has a pipe with nothing behind it' };
    if (!rowByRow.has(operator.text)) {
      return {
        problem: `cannot use ${operator.text} at position ${operator.start}: only ${[...rowByRow].join(', ')} keep the rows that are followed`,
      };
    }
    steps.push({ operator: operator.text, text: sourceOf(step) });
  }
  return { table: table.text, steps };
}

function refusal(code: readonly KqlToken[]): string | undefined {
  let depth = 0;
  for (const [index, token] of code.entries()) {
    const { text, kind, start } = token;
    if (kind === 'word' && elsewhere.has(text.toLowerCase()) && code[index + 1]?.text === '(') {
      return `cannot use ${text}() at position ${start}: a connection reads one table of its workspace`;
    }
    if (kind !== 'symbol') continue;
    if (text === ';') return `cannot hold several statements: remove the ; at position ${start}`;
    if (text === '.' && index === 0) return 'cannot be a management command';
    if ('([{'.includes(text)) depth += 1;
    if (')]}'.includes(text)) depth -= 1;
    if (depth < 0) return `closes a bracket at position ${start} that was not opened`;
    if (text === '|' && depth > 0) return `cannot hold a query within the query, at position ${start}`;
  }
  return depth > 0 ? 'does not close a bracket' : undefined;
}

/** Brackets are balanced and hold no pipes by now. */
function splitAtPipes(code: readonly KqlToken[]): KqlToken[][] {
  const parts: KqlToken[][] = [[]];
  for (const token of code) {
    if (token.kind === 'symbol' && token.text === '|') parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

/** The tokens as they were written, less comments: nothing that ends a line can swallow what is appended. */
function sourceOf(step: readonly KqlToken[]): string {
  let text = '';
  let end = step[0]?.start ?? 0;
  for (const token of step) {
    text += token.start > end ? ` ${token.text}` : token.text;
    end = token.end;
  }
  return text;
}
