import { matchesColumn } from './column-pattern.ts';
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

/** What people write before the table, and what to write instead. */
const statements: ReadonlyMap<string, string> = new Map([
  ['let', 'cannot use let: write the value where it is used'],
  ['set', 'cannot use set: a connection sets the options of its requests itself'],
  ['declare', 'cannot use declare: write the value where it is used'],
  ['search', 'cannot use search: begin with the name of one table, and look for text by | where Message has "text"'],
  ['find', 'cannot use find: begin with the name of one table'],
  ['union', 'cannot use union: must begin with the name of one table; make a connection for each'],
  ['print', 'cannot use print: must begin with the name of one table'],
  ['range', 'cannot use range: must begin with the name of one table'],
]);

const follows = 'every row is followed: leave it out';
const ordered = 'rows come in the order of their times: leave it out';
const counts = 'it gives other rows than those of the table: count lines by an alert rule';
const elsewhereToo = 'it reads other tables: make a connection for each table';
/** Operators that queries from the portal often have, and why a stream has no use for them. */
const reasons: ReadonlyMap<string, string> = new Map([
  ...(['take', 'limit', 'top', 'sample'] as const).map((each) => [each, follows] as const),
  ...(['sort', 'order', 'serialize'] as const).map((each) => [each, ordered] as const),
  ...(['summarize', 'count', 'distinct', 'make-series'] as const).map((each) => [each, counts] as const),
  ...(['union', 'join', 'lookup'] as const).map((each) => [each, elsewhereToo] as const),
  ['render', 'it draws a chart: leave it out'],
  ['search', 'look for text by where Message has "text"'],
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
  const code = withoutEnd(tokens.filter(({ kind }) => kind !== 'comment'));
  const problem = refusal(code);
  if (problem !== undefined) return { problem };
  const [head = [], ...rest] = splitAtPipes(code);
  const table = tableOf(head);
  if (table === undefined) return { problem: 'must begin with the name of one table, such as AppTraces' };
  const steps: KqlStep[] = [];
  for (const tokensOfStep of rest) {
    const step = stepOf(tokensOfStep);
    if ('problem' in step) return step;
    steps.push(step);
  }
  return { table, steps };
}

/** Without semicolons at the end: they close a statement, and nothing follows. */
function withoutEnd(code: readonly KqlToken[]): readonly KqlToken[] {
  return code.slice(0, code.findLastIndex(({ text }) => text !== ';') + 1);
}

/** The one table that stands there, as `AppTraces` or as `['AppTraces']`. */
function tableOf(head: readonly KqlToken[]): string | undefined {
  const [first, name, last] = head;
  const quoted = head.length === 3 && first?.text === '[' && last?.text === ']' && name?.kind === 'string';
  const text = quoted ? name.text.slice(1, -1) : head.length === 1 && first?.kind === 'word' ? first.text : '';
  return tableName.test(text) ? text : undefined;
}

function refusal(code: readonly KqlToken[]): string | undefined {
  const open: string[] = [];
  const begins = statements.get(code[0]?.text ?? '');
  if (begins !== undefined) return begins;
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
  if (!rowByRow.has(operator))
    return { problem: `cannot use ${operator} at position ${first.start}: ${reason(operator)}` };
  if (operator === 'project-away') {
    const taken = text.slice(operator.length).split(',').find(takesOurs);
    if (taken !== undefined) return { problem: `cannot take away ${taken.trim()}: it matches what identifies a row` };
  }
  return { operator, text };
}

function reason(operator: string): string {
  const lower = operator.toLowerCase();
  if (operator !== lower && rowByRow.has(lower)) return `write ${lower}, because KQL is case-sensitive`;
  return reasons.get(lower) ?? `only ${[...rowByRow].join(', ')} keep the rows that are followed`;
}

/** Whether a pattern with stars takes a column of the wrapper with it. */
function takesOurs(pattern: string): boolean {
  const trimmed = pattern.trim();
  return trimmed.includes('*') && ownColumns.some((column) => matchesColumn(trimmed, column));
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
