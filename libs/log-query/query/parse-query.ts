import { type Level, levels } from '@tailrace/log-record/level.ts';
import { readQuantity } from './quantity.ts';
import { type Comparison, type Field, type LineField, lineFields, type QueryNode, type ValueTest } from './tree.ts';

/** Characters of a query. Looked at before anything else. */
export const maxQueryCharacters = 4000;
const maxTests = 100;
const maxDepth = 20;

/** What is wrong with a query, and where. */
export interface QueryProblem {
  /** UTF-16 units before it. */
  readonly at: number;
  /** What is wrong and what would be right, for people; begins in lower case. */
  readonly message: string;
}

/** What is wrong with a regular expression, given those before it; undefined when nothing is. */
export type ExpressionCheck = (pattern: string) => string | undefined;

/** `tree` is undefined for an empty query, which every line matches. */
export type QueryReading = { readonly tree: QueryNode | undefined } | { readonly problem: QueryProblem };

/**
 * Takes a query apart:
 *
 *     level:error  -service:healthcheck  (status>=500 OR duration>1.5s)  "connection reset"  /timeout|refused/
 *
 * Tests next to each other must all hold (`AND` may be written); `OR` binds less, `NOT` or `-` more. Its cost is bounded:
 * its length, its tests and its depth here, its expressions by the check.
 */
export function parseQuery(text: string, checkExpression: ExpressionCheck): QueryReading {
  if (text.length > maxQueryCharacters) {
    return { problem: { at: maxQueryCharacters, message: `a query has at most ${maxQueryCharacters} characters` } };
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) return { problem: { at: nul, message: 'no line has this character: leave it out' } };
  try {
    return { tree: new QueryParser(text, checkExpression).parse() };
  } catch (error) {
    if (error instanceof Wrong) return { problem: { at: error.at, message: error.message } };
    throw error;
  }
}

/** A problem as one sentence, with its place counted from 1. */
export function queryProblemText({ at, message }: QueryProblem): string {
  return `character ${at + 1}: ${message}`;
}

class Wrong extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const space = /\s/;
const fieldName = /[A-Za-z_@][\w.\-/@[\]]*(?=[:=<>!])/y;
const operator = /[:=<>!]+/y;
const keyword = /(?:AND|OR|NOT|&&|\|\|)(?=[\s()]|$)/y;

class QueryParser {
  readonly #text: string;
  readonly #checkExpression: ExpressionCheck;
  #at = 0;
  #depth = 0;
  #tests = 0;

  constructor(text: string, checkExpression: ExpressionCheck) {
    this.#text = text;
    this.#checkExpression = checkExpression;
  }

  parse(): QueryNode | undefined {
    this.#skipSpace();
    if (this.#isEnd) return undefined;
    const tree = this.#either();
    if (this.#here === ')')
      throw new Wrong(this.#at, 'this parenthesis was not opened: leave it out, or put it in quotes');
    return tree;
  }

  get #isEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get #here(): string {
    return this.#text.charAt(this.#at);
  }

  /** Tests joined by OR. */
  #either(): QueryNode {
    const start = this.#at;
    const of = [this.#all()];
    while (this.#takeKeyword('OR')) of.push(this.#all());
    return this.#joined('or', start, of);
  }

  /** Tests next to each other, or joined by AND. */
  #all(): QueryNode {
    const start = this.#at;
    const of = [this.#one()];
    for (;;) {
      this.#skipSpace();
      const joined = this.#takeKeyword('AND');
      if (!joined && (this.#isEnd || this.#here === ')' || this.#keyword() === 'OR')) break;
      of.push(this.#one());
    }
    return this.#joined('and', start, of);
  }

  #joined(kind: 'and' | 'or', start: number, of: readonly QueryNode[]): QueryNode {
    const [only] = of;
    if (of.length === 1 && only !== undefined) return only;
    return { kind, span: { start, end: of.at(-1)?.span.end ?? this.#at }, isGrouped: false, of };
  }

  #one(): QueryNode {
    this.#skipSpace();
    const start = this.#at;
    const word = this.#keyword();
    if (word === 'NOT') {
      this.#takeKeyword('NOT');
      return this.#negated(start);
    }
    if (word !== undefined) {
      throw new Wrong(start, `${word} stands between two tests, and one is missing; the word itself goes in quotes`);
    }
    if (this.#isEnd) throw new Wrong(start, 'something to look for is missing here');
    if (this.#here === '-' && !this.#isBoundary(this.#at + 1)) {
      this.#at += 1;
      return this.#negated(start);
    }
    return this.#here === '(' ? this.#group() : this.#test();
  }

  #negated(start: number): QueryNode {
    const of = this.#deeper(() => this.#one());
    return { kind: 'not', span: { start, end: of.span.end }, of };
  }

  #group(): QueryNode {
    const start = this.#at;
    this.#at += 1;
    this.#skipSpace();
    if (this.#here === ')') throw new Wrong(start, 'there is nothing between these parentheses');
    const inner = this.#deeper(() => this.#either());
    this.#close(start);
    // What stands alone needs no parentheses.
    return inner.kind === 'and' || inner.kind === 'or' ? { ...inner, isGrouped: true, span: this.#span(start) } : inner;
  }

  #close(start: number): void {
    this.#skipSpace();
    if (this.#here !== ')') throw new Wrong(start, 'this parenthesis is not closed');
    this.#at += 1;
  }

  #deeper<Value>(read: () => Value): Value {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new Wrong(this.#at, `a query is at most ${maxDepth} levels deep`);
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #test(): QueryNode {
    const start = this.#at;
    if (this.#here === '"') {
      const text = this.#quoted();
      if (this.#isOperator) return this.#named(start, { kind: 'attribute', name: text });
      return this.#leaf(start, body, contains(text, start));
    }
    const pattern = this.#regex();
    if (pattern !== undefined) return this.#leaf(start, body, pattern);
    const name = this.#match(fieldName);
    if (name !== undefined && !this.#text.startsWith('://', start + name.length)) {
      this.#at = start + name.length;
      const line = lineFields.find((each) => each === name);
      return this.#named(start, line === undefined ? { kind: 'attribute', name } : { kind: 'line', name: line });
    }
    return this.#leaf(start, body, wordTest(this.#bare(), start));
  }

  /** What follows the name of a field. */
  #named(start: number, field: Field): QueryNode {
    const at = this.#at;
    const sign = this.#match(operator) ?? '';
    this.#at += sign.length;
    if (sign === '!=' || sign === ':!=')
      throw new Wrong(at, `write the minus first: -${this.#text.slice(start, at)}=…`);
    const compared = ({ '==': '=', ':=': '=', ':>': '>', ':>=': '>=', ':<': '<', ':<=': '<=' } as const)[sign] ?? sign;
    if (compared !== ':' && !isComparison(compared)) {
      throw new Wrong(at, `${sign} is no comparison: there are : = > >= < and <=`);
    }
    if (this.#here === '(') {
      if (compared !== ':') throw new Wrong(this.#at, 'several values follow a colon: name:(one OR other)');
      return this.#values(start, field);
    }
    return compared === ':' ? this.#value(start, field) : this.#compared(start, field, compared);
  }

  /** `(one OR other)` */
  #values(start: number, field: Field): QueryNode {
    const open = this.#at;
    this.#at += 1;
    const of: QueryNode[] = [];
    do {
      this.#skipSpace();
      if (this.#here === ')') throw new Wrong(this.#at, 'a value is missing here');
      of.push(this.#value(this.#at, field));
    } while (this.#takeKeyword('OR'));
    this.#skipSpace();
    if (!this.#isEnd && this.#here !== ')') {
      throw new Wrong(this.#at, 'values in parentheses are joined by OR; one with spaces goes in quotes');
    }
    this.#close(open);
    const span = this.#span(start);
    const [only] = of;
    return of.length === 1 && only !== undefined ? { ...only, span } : { kind: 'or', span, isGrouped: false, of };
  }

  #value(start: number, field: Field): QueryNode {
    const at = this.#at;
    if (this.#here === '"') return this.#leaf(start, field, textTest(field, { text: this.#quoted(), at }));
    const pattern = this.#regex();
    if (pattern !== undefined) {
      if (field.kind === 'line' && field.name === 'level') throw new Wrong(at, `level ${levelHelp}`);
      return this.#leaf(start, field, pattern);
    }
    const parts = this.#bare();
    if (parts.every((part) => part === '') && parts.length <= 1) throw nothing(at, this.#text.slice(start, at));
    return this.#leaf(start, field, partsTest(field, parts, at));
  }

  #compared(start: number, field: Field, comparison: Comparison): QueryNode {
    const at = this.#at;
    const isQuoted = this.#here === '"';
    const text = isQuoted ? this.#quoted() : this.#bare().join('*');
    if (text === '' && !isQuoted) throw nothing(at, this.#text.slice(start, at));
    return this.#leaf(start, field, comparisonTest(field, comparison, { text, at, isQuoted }));
  }

  #leaf(start: number, field: Field, test: ValueTest): QueryNode {
    this.#tests += 1;
    if (this.#tests > maxTests) throw new Wrong(start, `a query has at most ${maxTests} tests`);
    return { kind: 'test', span: this.#span(start), field, test };
  }

  #span(start: number) {
    return { start, end: this.#at };
  }

  /** `/expression/`, if one ends where a test ends; otherwise it is a path. */
  #regex(): ValueTest | undefined {
    if (this.#here !== '/') return undefined;
    const start = this.#at;
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const character = this.#text.charAt(at);
      if (character === '\\') at += 1;
      else if (character === '/' && at > start + 1 && this.#isBoundary(at + 1)) {
        this.#at = at + 1;
        return this.#regexTest(this.#text.slice(start + 1, at), start);
      }
    }
    return undefined;
  }

  #regexTest(written: string, at: number): ValueTest {
    const pattern = written.replaceAll(/\\./gs, (each) => (each === '\\/' ? '/' : each));
    const problem = this.#checkExpression(pattern);
    if (problem !== undefined) throw new Wrong(at, problem);
    return { kind: 'regex', pattern };
  }

  #quoted(): string {
    const start = this.#at;
    let text = '';
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const character = this.#text.charAt(at);
      if (character === '"') {
        this.#at = at + 1;
        return text;
      }
      const next = this.#text.charAt(at + 1);
      if (character === '\\' && (next === '"' || next === '\\')) {
        text += next;
        at += 1;
      } else text += character;
    }
    throw new Wrong(start, String.raw`this quotation mark is not closed; one within the text is written \"`);
  }

  /** A word up to a space or a parenthesis that it did not open, in parts between its stars. */
  #bare(): string[] {
    const parts = [''];
    let open = 0;
    const add = (text: string) => parts.push((parts.pop() ?? '') + text);
    for (; !this.#isEnd && !space.test(this.#here); this.#at += 1) {
      const character = this.#here;
      const next = this.#text.charAt(this.#at + 1);
      if (character === ')' && open === 0) break;
      if (character === '(') open += 1;
      if (character === ')') open -= 1;
      if (character === '*') parts.push('');
      else if (character === '\\' && /[*"\\()]/.test(next)) {
        add(next);
        this.#at += 1;
      } else add(character);
    }
    return parts;
  }

  get #isOperator(): boolean {
    return /[:=<>!]/.test(this.#here);
  }

  #isBoundary(at: number): boolean {
    return at >= this.#text.length || space.test(this.#text.charAt(at)) || this.#text.charAt(at) === ')';
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #keyword(): 'AND' | 'OR' | 'NOT' | undefined {
    const found = this.#match(keyword);
    if (found === '&&') return 'AND';
    if (found === '||') return 'OR';
    return found as 'AND' | 'OR' | 'NOT' | undefined;
  }

  #takeKeyword(wanted: 'AND' | 'OR' | 'NOT'): boolean {
    this.#skipSpace();
    if (this.#keyword() !== wanted) return false;
    this.#at += this.#match(keyword)?.length ?? 0;
    this.#skipSpace();
    return true;
  }

  #skipSpace(): void {
    while (!this.#isEnd && space.test(this.#here)) this.#at += 1;
  }
}

const body: Field = { kind: 'line', name: 'body' };
const levelHelp = `is one of ${levels.join(', ')}, and means that level and above; level=warn means exactly it, level:unset lines without one`;

function isComparison(text: string): text is Comparison {
  return text === '=' || text === '>' || text === '>=' || text === '<' || text === '<=';
}

function nothing(at: number, written: string): Wrong {
  return new Wrong(
    at,
    `nothing follows ${written}; for lines that have the field at all write *, for the text itself use quotes`,
  );
}

function contains(text: string, at: number): ValueTest {
  if (text === '') throw new Wrong(at, 'there is no text in these quotes');
  return { kind: 'contains', text };
}

/** A free word. */
function wordTest(parts: readonly string[], at: number): ValueTest {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return contains(only, at);
  if (parts.every((part) => part === '')) return { kind: 'exists' };
  return { kind: 'wildcard', parts: ['', ...parts, ''], ignoreCase: true };
}

/** A value that stands in quotes. */
function textTest(field: Field, { text, at }: { readonly text: string; readonly at: number }): ValueTest {
  if (field.kind === 'attribute') return { kind: 'equals', text };
  return lineTest(field.name, text, at);
}

/** A value without quotes, in which stars stand for anything. */
function partsTest(field: Field, parts: readonly string[], at: number): ValueTest {
  const [only = ''] = parts;
  if (parts.length === 1) return textTest(field, { text: only, at });
  if (parts.every((part) => part === '')) return { kind: 'exists' };
  if (field.kind === 'line' && field.name === 'level') throw new Wrong(at, `level ${levelHelp}`);
  if (field.kind === 'line' && field.name === 'body') return wordTest(parts, at);
  const folds = field.kind === 'line' && (field.name === 'trace' || field.name === 'span');
  return { kind: 'wildcard', parts: folds ? parts.map((part) => part.toLowerCase()) : parts, ignoreCase: false };
}

const hexDigits: Partial<Readonly<Record<LineField, number>>> = { trace: 32, span: 16 };

function lineTest(name: LineField, text: string, at: number): ValueTest {
  if (name === 'body') return contains(text, at);
  if (name === 'level') return levelTest('>=', text, at);
  const digits = hexDigits[name];
  if (digits === undefined) return { kind: 'equals', text };
  if (text.length !== digits || !/^[0-9a-f]*$/i.test(text)) {
    throw new Wrong(at, `${name} is ${digits} hexadecimal digits, or their beginning and a star: ${name}:4bf9*`);
  }
  return { kind: 'equals', text: text.toLowerCase() };
}

function levelTest(comparison: Comparison, text: string, at: number): ValueTest {
  const name = text.toLowerCase();
  if (name === 'unset' && (comparison === '>=' || comparison === '=')) return { kind: 'equals', text: 'unset' };
  const level = levels.find((each) => each === (name === 'warning' ? 'warn' : name)) as Level | undefined;
  if (level === undefined) throw new Wrong(at, `level ${levelHelp}`);
  return { kind: 'level', comparison, level };
}

function comparisonTest(
  field: Field,
  comparison: Comparison,
  { text, at, isQuoted }: { readonly text: string; readonly at: number; readonly isQuoted: boolean },
): ValueTest {
  if (field.kind === 'line') {
    if (field.name === 'level') return levelTest(comparison, text, at);
    if (comparison !== '=') throw new Wrong(at, `${field.name} is no number: write ${field.name}:value`);
    return field.name === 'body' ? { kind: 'equals', text } : lineTest(field.name, text, at);
  }
  const quantity = isQuoted ? undefined : readQuantity(text);
  if (quantity !== undefined) return { kind: 'quantity', comparison, quantity, text };
  if (comparison === '=') return { kind: 'equals', text };
  throw new Wrong(at, 'this is no number, duration or size: write one such as 500, 1.5s or 10KB');
}
