import { type KqlToken, tokenizeKql } from './kql-tokens.ts';
import { ownColumns } from './own-columns.ts';

/** A query in the parts that the wrapper needs. */
export interface KqlPipeline {
  readonly table: string;
  /** Each operator with its arguments, without the pipe. */
  readonly steps: readonly KqlStep[];
}

interface KqlStep {
  readonly operator: string;
  readonly text: string;
}

interface Problem {
  readonly problem: string;
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
  'external_table',
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
export function parsePipeline(query: string): KqlPipeline | Problem {
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
  const steps: KqlStep[] = [];
  for (const tokensOfStep of rest) {
    const step = stepOf(tokensOfStep);
    if ('problem' in step) return step;
    steps.push(step);
  }
  return { table: table.text, steps };
}

function refusal(code: readonly KqlToken[]): string | undefined {
  const open: string[] = [];
  for (const [index, token] of code.entries()) {
    const { text, kind, start } = token;
    if (kind === 'word' && elsewhere.has(text.toLowerCase()) && code[index + 1]?.text === '(') {
      return `cannot use ${text}() at position ${start}: a connection reads one table of its workspace`;
    }
    if (isOurs(token, code[index - 1])) {
      return `cannot use ${text} at position ${start}: names that begin with two underscores are kept for what identifies a row`;
    }
    if (kind !== 'symbol') continue;
    if (text === ';') return `cannot hold several statements: remove the ; at position ${start}`;
    if (text === '.' && index === 0) return 'cannot be a management command';
    if (text === '|' && open.length > 0) return `cannot hold a query within the query, at position ${start}`;
    if (text in closing) open.push(closing[text]!);
    else if (')]}'.includes(text) && open.pop() !== text) {
      return `closes a bracket at position ${start} that was not opened`;
    }
  }
  return open.length > 0 ? 'does not close a bracket' : undefined;
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** `__name`, or `['__name']` in any way of writing it. */
function isOurs({ kind, text }: KqlToken, previous: KqlToken | undefined): boolean {
  if (kind === 'word') return text.startsWith('__');
  return kind === 'string' && previous?.text === '[' && /^[^"'`]*["'`]+(?:__|.*\\)/.test(text);
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

function stepOf(tokens: readonly KqlToken[]): KqlStep | Problem {
  const [first] = tokens;
  if (!first) return { problem: 'has a pipe with nothing behind it' };
  const text = sourceOf(tokens);
  const operator = /^\w+(?:-\w+)*/.exec(text)?.[0] ?? text;
  if (!rowByRow.has(operator)) {
    return {
      problem: `cannot use ${operator} at position ${first.start}: only ${[...rowByRow].join(', ')} keep the rows that are followed`,
    };
  }
  if (operator === 'project-away') {
    const taken = text.slice(operator.length).split(',').find(takesOurs);
    if (taken !== undefined) return { problem: `cannot take away ${taken.trim()}: it matches what identifies a row` };
  }
  return { operator, text };
}

/** Whether a column pattern of KQL, in which `*` stands for anything, matches a column of the wrapper. */
function takesOurs(pattern: string): boolean {
  const parts = pattern.trim().split('*').map(escaped);
  if (parts.length === 1) return false;
  const matcher = new RegExp(`^${parts.join('.*')}$`);
  return ownColumns.some((column) => matcher.test(column));
}

function escaped(text: string): string {
  return text.replaceAll(/[^\w]/g, String.raw`\$&`);
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
