import { QueryFault, type QueryProblem } from './query-problem.ts';
import { fieldName, operator, QueryScanner } from './query-scanner.ts';
import { type Comparison, type Field, lineFields, type QueryNode, type ValueTest } from './tree.ts';
import {
  body,
  comparisonTest,
  contains,
  isComparison,
  levelHelp,
  nothing,
  partsTest,
  textTest,
  wordTest,
} from './value-tests.ts';

/** Characters of a query. Looked at before anything else. */
export const maxQueryCharacters = 4000;
const maxTests = 100;
const maxDepth = 20;

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
    if (error instanceof QueryFault) return { problem: { at: error.at, message: error.message } };
    throw error;
  }
}

class QueryParser {
  readonly #scanner: QueryScanner;
  readonly #checkExpression: ExpressionCheck;
  #depth = 0;
  #tests = 0;

  constructor(text: string, checkExpression: ExpressionCheck) {
    this.#scanner = new QueryScanner(text);
    this.#checkExpression = checkExpression;
  }

  parse(): QueryNode | undefined {
    this.#scanner.skipSpace();
    if (this.#scanner.isEnd) return undefined;
    const tree = this.#either();
    if (this.#scanner.here === ')')
      throw new QueryFault(this.#scanner.at, 'this parenthesis was not opened: leave it out, or put it in quotes');
    return tree;
  }

  /** Tests joined by OR. */
  #either(): QueryNode {
    const start = this.#scanner.at;
    const of = [this.#all()];
    while (this.#scanner.takeKeyword('OR')) of.push(this.#all());
    return this.#joined('or', start, of);
  }

  /** Tests next to each other, or joined by AND. */
  #all(): QueryNode {
    const start = this.#scanner.at;
    const of = [this.#one()];
    for (;;) {
      this.#scanner.skipSpace();
      const joined = this.#scanner.takeKeyword('AND');
      if (!joined && (this.#scanner.isEnd || this.#scanner.here === ')' || this.#scanner.keyword() === 'OR')) break;
      of.push(this.#one());
    }
    return this.#joined('and', start, of);
  }

  #joined(kind: 'and' | 'or', start: number, of: readonly QueryNode[]): QueryNode {
    const [only] = of;
    if (of.length === 1 && only !== undefined) return only;
    return { kind, span: { start, end: of.at(-1)?.span.end ?? this.#scanner.at }, isGrouped: false, of };
  }

  #one(): QueryNode {
    this.#scanner.skipSpace();
    const start = this.#scanner.at;
    const word = this.#scanner.keyword();
    if (word === 'NOT') {
      this.#scanner.takeKeyword('NOT');
      return this.#negated(start);
    }
    if (word !== undefined) {
      throw new QueryFault(
        start,
        `${word} stands between two tests, and one is missing; the word itself goes in quotes`,
      );
    }
    if (this.#scanner.isEnd) throw new QueryFault(start, 'something to look for is missing here');
    if (this.#scanner.here === '-' && !this.#scanner.isBoundary(this.#scanner.at + 1)) {
      this.#scanner.at += 1;
      return this.#negated(start);
    }
    return this.#scanner.here === '(' ? this.#group() : this.#test();
  }

  #negated(start: number): QueryNode {
    const of = this.#deeper(() => this.#one());
    return { kind: 'not', span: { start, end: of.span.end }, of };
  }

  #group(): QueryNode {
    const start = this.#scanner.at;
    this.#scanner.at += 1;
    this.#scanner.skipSpace();
    if (this.#scanner.here === ')') throw new QueryFault(start, 'there is nothing between these parentheses');
    const inner = this.#deeper(() => this.#either());
    this.#close(start);
    // What stands alone needs no parentheses.
    return inner.kind === 'and' || inner.kind === 'or' ? { ...inner, isGrouped: true, span: this.#span(start) } : inner;
  }

  #close(start: number): void {
    this.#scanner.skipSpace();
    if (this.#scanner.here !== ')') throw new QueryFault(start, 'this parenthesis is not closed');
    this.#scanner.at += 1;
  }

  #deeper<Value>(read: () => Value): Value {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new QueryFault(this.#scanner.at, `a query is at most ${maxDepth} levels deep`);
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #test(): QueryNode {
    const start = this.#scanner.at;
    if (this.#scanner.here === '"') {
      const text = this.#scanner.quoted();
      if (this.#scanner.isOperator) return this.#named(start, { kind: 'attribute', name: text });
      return this.#leaf(start, body, contains(text, start));
    }
    const pattern = this.#regex();
    if (pattern !== undefined) return this.#leaf(start, body, pattern);
    const name = this.#scanner.match(fieldName);
    if (name !== undefined && !this.#scanner.text.startsWith('://', start + name.length)) {
      this.#scanner.at = start + name.length;
      const line = lineFields.find((each) => each === name);
      return this.#named(start, line === undefined ? { kind: 'attribute', name } : { kind: 'line', name: line });
    }
    return this.#leaf(start, body, wordTest(this.#scanner.bare(), start));
  }

  /** What follows the name of a field. */
  #named(start: number, field: Field): QueryNode {
    const at = this.#scanner.at;
    const sign = this.#scanner.match(operator) ?? '';
    this.#scanner.at += sign.length;
    if (sign === '!=' || sign === ':!=')
      throw new QueryFault(at, `write the minus first: -${this.#scanner.text.slice(start, at)}=…`);
    const compared = ({ '==': '=', ':=': '=', ':>': '>', ':>=': '>=', ':<': '<', ':<=': '<=' } as const)[sign] ?? sign;
    if (compared !== ':' && !isComparison(compared)) {
      throw new QueryFault(at, `${sign} is no comparison: there are : = > >= < and <=`);
    }
    if (this.#scanner.here === '(') {
      if (compared !== ':')
        throw new QueryFault(this.#scanner.at, 'several values follow a colon: name:(one OR other)');
      return this.#values(start, field);
    }
    return compared === ':' ? this.#value(start, field) : this.#compared(start, field, compared);
  }

  /** `(one OR other)` */
  #values(start: number, field: Field): QueryNode {
    const open = this.#scanner.at;
    this.#scanner.at += 1;
    const of: QueryNode[] = [];
    do {
      this.#scanner.skipSpace();
      if (this.#scanner.here === ')') throw new QueryFault(this.#scanner.at, 'a value is missing here');
      of.push(this.#value(this.#scanner.at, field));
    } while (this.#scanner.takeKeyword('OR'));
    this.#scanner.skipSpace();
    if (!this.#scanner.isEnd && this.#scanner.here !== ')') {
      throw new QueryFault(this.#scanner.at, 'values in parentheses are joined by OR; one with spaces goes in quotes');
    }
    this.#close(open);
    const span = this.#span(start);
    const [only] = of;
    return of.length === 1 && only !== undefined ? { ...only, span } : { kind: 'or', span, isGrouped: false, of };
  }

  #value(start: number, field: Field): QueryNode {
    const at = this.#scanner.at;
    if (this.#scanner.here === '"')
      return this.#leaf(start, field, textTest(field, { text: this.#scanner.quoted(), at }));
    const pattern = this.#regex();
    if (pattern !== undefined) {
      if (field.kind === 'line' && field.name === 'level') throw new QueryFault(at, `level ${levelHelp}`);
      return this.#leaf(start, field, pattern);
    }
    const parts = this.#scanner.bare();
    if (parts.every((part) => part === '') && parts.length <= 1) throw nothing(at, this.#scanner.text.slice(start, at));
    return this.#leaf(start, field, partsTest(field, parts, at));
  }

  #compared(start: number, field: Field, comparison: Comparison): QueryNode {
    const at = this.#scanner.at;
    const isQuoted = this.#scanner.here === '"';
    const text = isQuoted ? this.#scanner.quoted() : this.#scanner.bare().join('*');
    if (text === '' && !isQuoted) throw nothing(at, this.#scanner.text.slice(start, at));
    return this.#leaf(start, field, comparisonTest(field, comparison, { text, at, isQuoted }));
  }

  #leaf(start: number, field: Field, test: ValueTest): QueryNode {
    this.#tests += 1;
    if (this.#tests > maxTests) throw new QueryFault(start, `a query has at most ${maxTests} tests`);
    return { kind: 'test', span: this.#span(start), field, test };
  }

  #span(start: number) {
    return { start, end: this.#scanner.at };
  }

  #regex(): ValueTest | undefined {
    const found = this.#scanner.regex();
    if (found === undefined) return undefined;
    const problem = this.#checkExpression(found.pattern);
    if (problem !== undefined) throw new QueryFault(found.at, problem);
    return { kind: 'regex', pattern: found.pattern };
  }
}
