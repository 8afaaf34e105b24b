import { looksForeign } from './foreign-syntax.ts';
import { isOfAttribute, isReserved, type PlacedTerm, type Term } from './term.ts';

const part =
  /(-?)(?:\/((?:[^/\\]|\\.)+)\/(?=\s|$)|(?:(?:([A-Za-z_][\w.\-/@]*)|"((?:[^"\\]|\\.)*)"):(?!\/\/))?(?:"((?:[^"\\]|\\.)*)"|(\S+)))/gs;
const plainName = /^[A-Za-z_][\w.\-/@]*$/;

/** Takes a query apart. Never fails: what has no meaning is text. */
export function placedTerms(query: string): PlacedTerm[] {
  return [...query.matchAll(part)].map((match) => {
    const [written, minus, regex, name, quotedName, quoted, plain] = match;
    const key = name ?? (quotedName === undefined ? undefined : unquoted(quotedName));
    const value = quoted === undefined ? (plain ?? '') : unquoted(quoted);
    const term = {
      negative: minus === '-',
      key,
      ...(quotedName !== undefined && { isAttribute: true as const }),
      value: regex === undefined ? value : regex.replaceAll('\\/', '/'),
      regex: regex !== undefined,
    };
    return { term, start: match.index, written };
  });
}

/** The parts of a query, in the order they were written. */
export function termsOf(query: string): Term[] {
  return placedTerms(query).map(({ term }) => term);
}

function unquoted(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1');
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** The name of an attribute as it is written before its colon. */
export function attributeName(key: string): string {
  return plainName.test(key) && !isReserved(key) ? key : quote(key);
}

/** Writes a part so that `termsOf` reads it back. */
export function termText({ negative, key, isAttribute, value, regex }: Term): string {
  const minus = negative ? '-' : '';
  if (regex) return `${minus}/${value.replaceAll(/\\.|\//gs, (each) => (each === '/' ? '\\/' : each))}/`;
  const plain = /^[^\s"/-][^\s"]*$/.test(value) && (key !== undefined || termsOf(value)[0]?.key === undefined);
  const written = plain && !looksForeign({ negative, key, isAttribute, value, regex }) ? value : quote(value);
  if (key === undefined) return minus + written;
  return `${minus}${isAttribute ? attributeName(key) : key}:${written}`;
}

export function queryText(terms: readonly Term[]): string {
  return terms.map(termText).join(' ');
}

/** The query with one more part; the same part is not written twice, and its opposite goes. */
export function withTerm(query: string, term: Term): string {
  const opposite = termText({ ...term, negative: !term.negative });
  const single = isSingle(term);
  const rest = termsOf(query).filter((each) => {
    if (single && isSingle(each) && each.key === term.key) return false;
    return termText(each) !== termText(term) && termText(each) !== opposite;
  });
  return queryText([...rest, term]);
}

/** Whether there can be one such part only. */
function isSingle(term: Term): boolean {
  if (term.key === undefined) return term.regex;
  return !isOfAttribute(term) && !term.negative && ['level', 'stream', 'parser', 'trace'].includes(term.key);
}

/** The parts of a name that is no attribute's, of what is wanted. */
export function termsNamed(query: string, key: string): readonly Term[] {
  return termsOf(query).filter((each) => each.key === key && !each.isAttribute && !each.negative);
}

/** The query without those parts. */
export function withoutKey(query: string, key: string): string {
  return queryText(termsOf(query).filter((each) => each.key !== key || each.isAttribute || each.negative));
}

export function attributeTerm(key: string, value: string, negative = false): Term {
  return { negative, key, isAttribute: true, value, regex: false };
}
