import { parseRfc3339 } from '../../instant.ts';
import type { Comparison, Expression } from './syntax.ts';
import type { TokenReader } from './token-reader.ts';

const comparisons: readonly Comparison[] = ['==', '!=', '=~', '!~', '<=', '>=', '<', '>'];
const wordComparisons: readonly Comparison[] = ['contains', 'contains_cs', 'has', 'startswith', 'endswith'];

const second = 1_000_000_000n;
const timeUnits: Readonly<Record<string, bigint>> = {
  d: 86_400n * second,
  h: 3600n * second,
  m: 60n * second,
  s: second,
  ms: second / 1000n,
  microsecond: 1000n,
  tick: 100n,
};

/** Parses a scalar expression: `or` binds loosest, then `and`, comparisons, sums, and single terms. */
export function parseExpression(reader: TokenReader): Expression {
  let left = parseAnd(reader);
  while (reader.skip('or')) left = { kind: 'or', left, right: parseAnd(reader) };
  return left;
}

function parseAnd(reader: TokenReader): Expression {
  let left = parseComparison(reader);
  while (reader.skip('and')) left = { kind: 'and', left, right: parseComparison(reader) };
  return left;
}

function parseComparison(reader: TokenReader): Expression {
  const left = parseSum(reader);
  for (const operator of comparisons) {
    if (reader.skip(operator)) return { kind: 'compare', operator, left, right: parseSum(reader) };
  }
  const negated = reader.skip('!');
  const worded = parseWordComparison(reader, left);
  if (worded === undefined) return negated ? reader.fail('an operator is expected') : left;
  return negated ? { kind: 'not', of: worded } : worded;
}

function parseWordComparison(reader: TokenReader, left: Expression): Expression | undefined {
  for (const operator of wordComparisons) {
    if (reader.skip(operator)) return { kind: 'compare', operator, left, right: parseSum(reader) };
  }
  if (reader.skip('between')) return parseBetween(reader, left);
  if (!reader.skip('in')) return undefined;
  const caseless = reader.skip('~');
  reader.expect('(');
  const choices = reader.list(() => parseSum(reader));
  reader.expect(')');
  return { kind: 'in', left, choices, caseless };
}

/** Both ends are in. */
function parseBetween(reader: TokenReader, left: Expression): Expression {
  reader.expect('(');
  const low = parseSum(reader);
  reader.expect('..');
  const high = parseSum(reader);
  reader.expect(')');
  return {
    kind: 'and',
    left: { kind: 'compare', operator: '>=', left, right: low },
    right: { kind: 'compare', operator: '<=', left, right: high },
  };
}

function parseSum(reader: TokenReader): Expression {
  let left = parsePostfix(reader);
  for (;;) {
    if (reader.skip('+')) left = { kind: 'add', left, right: parsePostfix(reader) };
    else if (reader.skip('-')) left = { kind: 'subtract', left, right: parsePostfix(reader) };
    else return left;
  }
}

function parsePostfix(reader: TokenReader): Expression {
  let value = parseTerm(reader);
  for (;;) {
    if (reader.skip('.')) value = { kind: 'member', of: value, name: reader.name() };
    else if (reader.skip('[')) {
      const key = reader.take();
      if (key.kind !== 'string' && key.kind !== 'number') return reader.fail('a key is expected');
      reader.expect(']');
      value = { kind: 'member', of: value, name: key.text };
    } else return value;
  }
}

function parseTerm(reader: TokenReader): Expression {
  if (reader.skip('(')) {
    const inner = parseExpression(reader);
    reader.expect(')');
    return inner;
  }
  const token = reader.take();
  switch (token.kind) {
    case 'string':
      return { kind: 'literal', type: 'string', value: token.text };
    case 'number':
      return parseNumber(reader, token.text, token.unit);
    case 'datetime': {
      const value = parseRfc3339(token.text);
      return value === undefined
        ? reader.fail(`'${token.text}' is no datetime`)
        : { kind: 'literal', type: 'datetime', value };
    }
    case 'timespan': {
      const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(token.text) ?? [];
      return parseNumber(reader, amount, unit === '' ? 'd' : unit);
    }
    case 'name':
      return parseNamed(reader, token.text);
    default:
      return reader.fail(`'${token.text}' begins no expression`);
  }
}

function parseNumber(reader: TokenReader, text: string, unit: string): Expression {
  if (unit === '') return { kind: 'literal', type: text.includes('.') ? 'real' : 'long', value: Number(text) };
  const length = timeUnits[unit];
  if (length === undefined) return reader.fail(`'${unit}' is no unit of time`);
  return { kind: 'literal', type: 'timespan', value: BigInt(Math.round(Number(text) * Number(length))) };
}

function parseNamed(reader: TokenReader, name: string): Expression {
  if (name === 'true' || name === 'false') return { kind: 'literal', type: 'bool', value: name === 'true' };
  if (!reader.skip('(')) return { kind: 'column', name };
  const args = reader.skip(')') ? [] : reader.list(() => parseExpression(reader));
  if (args.length > 0) reader.expect(')');
  return name === 'not' && args[0] !== undefined ? { kind: 'not', of: args[0] } : { kind: 'call', name, args };
}
