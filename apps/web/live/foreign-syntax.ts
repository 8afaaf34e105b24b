import { isOfAttribute, type PlacedTerm, type Term } from './term.ts';

/** Between parts, in other query languages. */
const operators: Readonly<Record<string, string>> = {
  OR: 'for either of two texts write /one|other/, for either of two values name:one name:other',
  '||': 'for either of two texts write /one|other/, for either of two values name:one name:other',
  AND: 'all parts must match anyway; for two texts in one line write /one.*other/',
  '&&': 'all parts must match anyway; for two texts in one line write /one.*other/',
  NOT: 'write a minus before what to leave out: -word, -name:value',
};
const comparison = /^(?:>=|<=|>|<|!=|==)-?\d/;
const namedComparison = /^[A-Za-z_][\w.\-/@]*(?:>=|<=|>|<|!=|==)-?\d/;
const nameAlone = /^(?:levels?|connection|stream|parser|trace):$/;
const nameWithoutColon = /^(levels?|connection|stream|parser|trace)(?:=|!=|>=?|<=?)/;

/**
 * What a part means elsewhere and not here, in words, with what to write instead. Such a part would be taken for text or
 * for a whole value, and find nothing. In quotes it is what it is.
 */
export function foreignSyntax(parts: readonly PlacedTerm[], index: number): string | undefined {
  const part = parts[index];
  if (part === undefined || part.term.regex || part.written.includes('"')) return undefined;
  const { term } = part;
  if (term.key === undefined) {
    const advice = Object.hasOwn(operators, term.value) ? operators[term.value] : undefined;
    // At an end they are words, except for what says something of the next.
    const isBetween = index < parts.length - 1 && (index > 0 || term.value === 'NOT');
    if (advice !== undefined)
      return isBetween ? `not understood here: ${advice}; the word itself goes in quotes` : undefined;
    if (term.value === '*' && parts.length > 1) return undefined;
  }
  return foreignValue(term);
}

/** Whether a part must be quoted lest it be taken for another language's. */
export function looksForeign(term: Term): boolean {
  return (term.key === undefined && Object.hasOwn(operators, term.value)) || foreignValue(term) !== undefined;
}

function foreignValue(term: Term): string | undefined {
  const { key, value } = term;
  if (key === undefined) {
    if (value.startsWith('*') || value.endsWith('*')) {
      return 'the star is no wildcard: write a part of the text, or an expression such as /^5/; a star itself goes in quotes';
    }
    if (nameAlone.test(value)) return 'nothing follows the colon';
    const [, name] = nameWithoutColon.exec(value) ?? [];
    if (name !== undefined) return `write ${name}: and what you want of it`;
    if (!comparison.test(value) && !namedComparison.test(value)) return undefined;
    return 'numbers cannot be compared: name the values, or write an expression over the text; in quotes it is text';
  }
  if (!isOfAttribute(term)) return undefined;
  if (value.startsWith('*') || value.endsWith('*')) {
    return `the star is no wildcard: name whole values, as in ${key}:one ${key}:other, or write an expression over the text, /one.*/; a star itself goes in quotes`;
  }
  if (/^(?:>=|<=|>|<|!=|==?)./.test(value)) {
    return `values cannot be compared: name them, as in ${key}:one ${key}:other, or write an expression over the text; in quotes it is the value`;
  }
  if (value.startsWith('(')) return `there are no parentheses: name each value, as in ${key}:one ${key}:other`;
  return undefined;
}
