import { readRegex } from '../regex/regex-reader.ts';
import { compileRegex } from '../regex.ts';
import { parseQuery, type QueryReading } from './parse-query.ts';

const maxPatternCharacters = 1000;
/** Of all expressions of a query together, instructions; one alone may have half. */
const maxExpressionSize = 3000;

/** Takes a query apart, its expressions held to what RE2 takes and to what they may cost, each and together. */
export function readQuery(text: string): QueryReading {
  let size = 0;
  return parseQuery(text, (pattern) => {
    if (pattern.length > maxPatternCharacters) return `the expression has more than ${maxPatternCharacters} characters`;
    const compiled = compileRegex(pattern);
    if ('problem' in compiled) return `the expression ${compiled.problem}`;
    const reading = readRegex(pattern);
    size += 'fault' in reading ? 0 : reading.size;
    if (size <= maxExpressionSize) return undefined;
    return 'the expressions of this query are too large together: leave some out, or shorten them';
  });
}
