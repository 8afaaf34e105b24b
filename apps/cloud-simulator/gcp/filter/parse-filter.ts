import { FilterError } from './filter-error.ts';
import type { Filter, Operator } from './syntax.ts';

interface Token {
  readonly kind: 'text' | 'string' | 'operator' | 'bracket';
  readonly text: string;
}

const tokenPattern =
  /\s+|--[^\n]*|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<operator>!=|=~|!~|<=|>=|[=<>:])|(?<bracket>[()])|(?<text>-?[^\s()=<>:!"'~]+)/y;

const operators: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=', ':', '=~', '!~'];

/** The longest filter Cloud Logging takes, characters. */
const longest = 20_000;

/**
 * Parses a filter of the Logging query language: comparisons, lists of values, bare words, `log_id("…")`, AND (also
 * where nothing stands between), OR, NOT and `-`. NOT binds first, then OR, then AND.
 * Source: Google Cloud, "Logging query language".
 */
export function parseFilter(text: string): Filter {
  if (text.length > longest) throw new FilterError(`The filter is longer than ${longest} characters.`);
  const tokens = tokenize(text);
  const parser = new FilterParser(tokens);
  return tokens.length === 0 ? { kind: 'and', parts: [] } : parser.whole();
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let place = 0;
  while (place < text.length) {
    tokenPattern.lastIndex = place;
    const match = tokenPattern.exec(text);
    if (match === null) throw new FilterError(`Unparseable filter: syntax error at line 1, column ${place + 1}.`);
    place += match[0].length;
    const { string, operator, bracket, text: word } = match.groups ?? {};
    if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1).replace(/\\(.)/g, '$1') });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator });
    else if (bracket !== undefined) tokens.push({ kind: 'bracket', text: bracket });
    else if (word !== undefined) tokens.push({ kind: 'text', text: word });
  }
  return tokens;
}

class FilterParser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Filter {
    const filter = this.#and();
    if (this.#next < this.#tokens.length) this.#fail();
    return filter;
  }

  #and(): Filter {
    const parts = [this.#or()];
    while (this.#next < this.#tokens.length && this.#tokens[this.#next]?.text !== ')') {
      this.#skip('text', 'AND');
      parts.push(this.#or());
    }
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  #or(): Filter {
    const parts = [this.#not()];
    while (this.#skip('text', 'OR')) parts.push(this.#not());
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  #not(): Filter {
    if (this.#skip('text', 'NOT')) return { kind: 'not', part: this.#not() };
    if (this.#skip('text', '-')) return { kind: 'not', part: this.#not() };
    if (!this.#skip('bracket', '(')) return this.#restriction();
    const filter = this.#and();
    this.#close();
    return filter;
  }

  #restriction(): Filter {
    const token = this.#take();
    if (token.kind === 'operator' || token.kind === 'bracket') return this.#fail();
    if (token.kind === 'text' && token.text.startsWith('-') && token.text.length > 1) {
      return { kind: 'not', part: this.#restrictionOf({ kind: 'text', text: token.text.slice(1) }) };
    }
    return this.#restrictionOf(token);
  }

  #restrictionOf(token: Token): Filter {
    if (token.kind === 'text' && this.#skip('bracket', '(')) return this.#call(token.text);
    const path = token.kind === 'text' ? this.#path(token.text) : [];
    const operator = this.#operator();
    if (operator === undefined) return { kind: 'anywhere', text: token.text };
    if (path.length === 0) return this.#fail();
    if (this.#skip('bracket', '(')) return this.#choices(path, operator);
    return { kind: 'compare', path, operator, value: this.#value() };
  }

  /** `a.b."c.d"`: a quoted segment follows a text that ends with a full stop. */
  #path(text: string): string[] {
    const path = text.split('.');
    while (path.at(-1) === '') {
      path.pop();
      const quoted = this.#take();
      if (quoted.kind !== 'string') return this.#fail();
      path.push(quoted.text);
      const after = this.#tokens[this.#next];
      if (after?.kind === 'text' && after.text.startsWith('.')) path.push(...this.#take().text.slice(1).split('.'));
    }
    return path;
  }

  /** `field = ("a" OR "b")`. */
  #choices(path: readonly string[], operator: Operator): Filter {
    const parts: Filter[] = [];
    let kind: 'and' | 'or' = 'or';
    do {
      parts.push({ kind: 'compare', path, operator, value: this.#value() });
      if (this.#tokens[this.#next]?.text === 'AND') kind = 'and';
    } while (this.#skip('text', 'OR') || this.#skip('text', 'AND'));
    this.#close();
    return { kind, parts };
  }

  #call(name: string): Filter {
    const argument = this.#value();
    this.#close();
    if (name === 'log_id') return { kind: 'compare', path: ['log_id'], operator: '=', value: argument };
    if (name === 'SEARCH') return { kind: 'anywhere', text: argument };
    throw new FilterError(`The simulator does not know the function ${name}().`);
  }

  #operator(): Operator | undefined {
    const token = this.#tokens[this.#next];
    const operator = token?.kind === 'operator' ? operators.find((known) => known === token.text) : undefined;
    if (operator !== undefined) this.#next += 1;
    return operator;
  }

  #value(): string {
    const token = this.#take();
    if (token.kind === 'operator' || token.kind === 'bracket') return this.#fail();
    // An unquoted time has colons in it.
    let { text } = token;
    while (token.kind === 'text' && /^\d{4}-\d\d-\d\dT[\d:]*$/.test(text) && this.#skip('operator', ':')) {
      text += `:${this.#take().text}`;
    }
    return text;
  }

  #close(): void {
    if (!this.#skip('bracket', ')')) this.#fail();
  }

  #skip(kind: Token['kind'], text: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== kind || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #take(): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) return this.#fail();
    this.#next += 1;
    return token;
  }

  #fail(): never {
    const token = this.#tokens[this.#next - 1] ?? this.#tokens[this.#next];
    throw new FilterError(`Unparseable filter: unexpected '${token?.text ?? 'end of filter'}'.`);
  }
}
