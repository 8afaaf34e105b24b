import { QueryFault } from './query-problem.ts';

const space = /\s/;
/** The name of a field, before its operator. */
export const fieldName = /[A-Za-z_@][\w.\-/@[\]]*(?=[:=<>!])/y;
export const operator = /[:=<>!]+/y;
const keyword = /(?:AND|OR|NOT|&&|\|\|)(?=[\s()]|$)/y;

/** The words, texts and expressions of a query, one after the other, without what they mean together. */
export class QueryScanner {
  readonly text: string;
  /** UTF-16 units that have been read. */
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isEnd(): boolean {
    return this.at >= this.text.length;
  }

  get here(): string {
    return this.text.charAt(this.at);
  }

  /** `/expression/`, if one ends where a test ends; otherwise it is a path. */
  regex(): { readonly pattern: string; readonly at: number } | undefined {
    if (this.here !== '/') return undefined;
    const start = this.at;
    for (let at = start + 1; at < this.text.length; at += 1) {
      const character = this.text.charAt(at);
      if (character === '\\') at += 1;
      else if (character === '/' && at > start + 1 && this.isBoundary(at + 1)) {
        this.at = at + 1;
        const written = this.text.slice(start + 1, at);
        return { pattern: written.replaceAll(/\\./gs, (each) => (each === '\\/' ? '/' : each)), at: start };
      }
    }
    return undefined;
  }

  /** The text in quotation marks that begins here. @throws QueryFault when it does not end. */
  quoted(): string {
    const start = this.at;
    let text = '';
    for (let at = start + 1; at < this.text.length; at += 1) {
      const character = this.text.charAt(at);
      if (character === '"') {
        this.at = at + 1;
        return text;
      }
      const next = this.text.charAt(at + 1);
      if (character === '\\' && (next === '"' || next === '\\')) {
        text += next;
        at += 1;
      } else text += character;
    }
    throw new QueryFault(start, String.raw`this quotation mark is not closed; one within the text is written \"`);
  }

  /** A word up to a space or a parenthesis that it did not open, in parts between its stars. */
  bare(): string[] {
    const parts = [''];
    let open = 0;
    const add = (text: string) => parts.push((parts.pop() ?? '') + text);
    for (; !this.isEnd && !space.test(this.here); this.at += 1) {
      const character = this.here;
      const next = this.text.charAt(this.at + 1);
      if (character === ')' && open === 0) break;
      if (character === '(') open += 1;
      if (character === ')') open -= 1;
      if (character === '*') parts.push('');
      else if (character === '\\' && /[*"\\()]/.test(next)) {
        add(next);
        this.at += 1;
      } else add(character);
    }
    return parts;
  }

  /** Whether an operator stands here: what was before it is a name. */
  get isOperator(): boolean {
    return /[:=<>!]/.test(this.here);
  }

  /** Whether a test may end there. */
  isBoundary(at: number): boolean {
    return at >= this.text.length || space.test(this.text.charAt(at)) || this.text.charAt(at) === ')';
  }

  /** What a sticky pattern matches here; reads nothing. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  /** The word here that joins tests; reads nothing. */
  keyword(): 'AND' | 'OR' | 'NOT' | undefined {
    const found = this.match(keyword);
    if (found === '&&') return 'AND';
    if (found === '||') return 'OR';
    return found as 'AND' | 'OR' | 'NOT' | undefined;
  }

  /** Reads the word if it stands here, with the spaces around it. */
  takeKeyword(wanted: 'AND' | 'OR' | 'NOT'): boolean {
    this.skipSpace();
    if (this.keyword() !== wanted) return false;
    this.at += this.match(keyword)?.length ?? 0;
    this.skipSpace();
    return true;
  }

  skipSpace(): void {
    while (!this.isEnd && space.test(this.here)) this.at += 1;
  }
}
