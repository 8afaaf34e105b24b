import { badQuery } from '../azure-error.ts';
import type { Token } from './tokenizer.ts';

/** Walks over tokens; what is not as expected is Azure's syntax error. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  /** The token `ahead` places on, without taking it. */
  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#next + ahead];
  }

  take(): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw badQuery('SyntaxError', 'Query could not be parsed: it ends too early.');
    this.#next += 1;
    return token;
  }

  /** Takes the next token if it is this symbol or word. */
  skip(text: string): boolean {
    const token = this.peek();
    const found = (token?.kind === 'symbol' || token?.kind === 'name') && token.text === text;
    if (found) this.#next += 1;
    return found;
  }

  expect(text: string): void {
    if (!this.skip(text)) this.fail(`'${text}' is expected`);
  }

  name(): string {
    const token = this.peek();
    if (token?.kind !== 'name') return this.fail('a name is expected');
    this.#next += 1;
    return token.text;
  }

  /** Items with commas between them. */
  list<Item>(item: () => Item): Item[] {
    const items = [item()];
    while (this.skip(',')) items.push(item());
    return items;
  }

  fail(why: string): never {
    const token = this.peek();
    throw badQuery('SyntaxError', `Query could not be parsed at '${token?.text ?? ''}': ${why}.`);
  }
}
