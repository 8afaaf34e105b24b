import { badQuery } from '../azure-error.ts';
import { type Compiled, compileCall } from './functions.ts';
import { columnIndex, type Scope } from './scope.ts';
import type { Binary, Comparison, Expression } from './syntax.ts';
import { asText, type KqlType, type KqlValue } from './value.ts';

type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>;

/** Resolves an expression's names and types in a scope. Throws Azure's semantic error where that fails. */
export function compile(expression: Expression, scope: Scope): Compiled {
  switch (expression.kind) {
    case 'literal':
      return { type: expression.type, evaluate: () => expression.value };
    case 'column': {
      const index = columnIndex(scope, expression.name);
      return { type: scope.columns[index]!.type, evaluate: (row) => row.values[index] ?? null };
    }
    case 'member':
      return compileMember(expression, scope);
    case 'call':
      return compileCall(
        expression.name,
        expression.args.map((arg) => compile(arg, scope)),
        scope,
      );
    case 'compare':
      return compileComparison(expression, scope);
    case 'in':
      return compileIn(expression, scope);
    case 'not': {
      const of = compile(expression.of, scope);
      return { type: 'bool', evaluate: (row) => of.evaluate(row) !== true };
    }
    case 'and':
    case 'or':
      return compileLogic(expression, scope);
    default:
      return compileSum(expression, scope);
  }
}

function compileMember({ of, name }: Of<'member'>, scope: Scope): Compiled {
  const whole = compile(of, scope);
  if (whole.type !== 'dynamic') {
    throw badQuery(
      'SemanticError',
      `A semantic error occurred. Path expression source must be of type dynamic, '${name}'`,
    );
  }
  return {
    type: 'dynamic',
    evaluate: (row) => {
      const value = whole.evaluate(row);
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
      return (value as Readonly<Record<string, KqlValue>>)[name] ?? null;
    },
  };
}

function compileLogic({ kind, left, right }: Binary<'and' | 'or'>, scope: Scope): Compiled {
  const [one, other] = [compile(left, scope), compile(right, scope)];
  if (kind === 'and') {
    return { type: 'bool', evaluate: (row) => one.evaluate(row) === true && other.evaluate(row) === true };
  }
  return { type: 'bool', evaluate: (row) => one.evaluate(row) === true || other.evaluate(row) === true };
}

function compileSum({ kind, left, right }: Binary<'add' | 'subtract'>, scope: Scope): Compiled {
  const [one, other] = [compile(left, scope), compile(right, scope)];
  const between = one.type === 'datetime' && other.type === 'datetime';
  const type: KqlType = between ? 'timespan' : one.type === 'timespan' ? other.type : one.type;
  return {
    type,
    evaluate: (row) => {
      const [a, b] = [one.evaluate(row), other.evaluate(row)];
      if (typeof a === 'bigint' && typeof b === 'bigint') return kind === 'add' ? a + b : a - b;
      if (typeof a === 'number' && typeof b === 'number') return kind === 'add' ? a + b : a - b;
      return null;
    },
  };
}

function compileIn({ left, choices, caseless }: Of<'in'>, scope: Scope): Compiled {
  const fold = (content: string) => (caseless ? content.toLowerCase() : content);
  const value = compile(left, scope);
  const texts = choices.map((choice) => compile(choice, scope));
  return {
    type: 'bool',
    evaluate: (row) => {
      const content = fold(asText(value.evaluate(row), value.type));
      return texts.some((choice) => fold(asText(choice.evaluate(row), choice.type)) === content);
    },
  };
}

type Test = (a: string, b: string) => boolean;

const textTests: Readonly<Partial<Record<Comparison, Test>>> = {
  '=~': (a, b) => a.toLowerCase() === b.toLowerCase(),
  '!~': (a, b) => a.toLowerCase() !== b.toLowerCase(),
  contains: (a, b) => a.toLowerCase().includes(b.toLowerCase()),
  contains_cs: (a, b) => a.includes(b),
  startswith: (a, b) => a.toLowerCase().startsWith(b.toLowerCase()),
  endswith: (a, b) => a.toLowerCase().endsWith(b.toLowerCase()),
  // A term is a run of letters and digits; a phrase is found where whole terms are.
  has: (a, b) => hasTerm(a.toLowerCase(), b.toLowerCase()),
};

function hasTerm(text: string, term: string): boolean {
  if (term === '') return true;
  const isPart = (character: string) => /^[A-Za-z0-9]$/.test(character);
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    if (!isPart(text.charAt(at - 1)) && !isPart(text.charAt(at + term.length))) return true;
  }
  return false;
}

const orderTests: Readonly<Partial<Record<Comparison, (order: number) => boolean>>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function compileComparison({ operator, left, right }: Of<'compare'>, scope: Scope): Compiled {
  const [one, other] = [compile(left, scope), compile(right, scope)];
  const textTest = textTests[operator];
  if (textTest !== undefined) {
    return {
      type: 'bool',
      evaluate: (row) => textTest(asText(one.evaluate(row), one.type), asText(other.evaluate(row), other.type)),
    };
  }
  const orderTest = orderTests[operator]!;
  if ((one.type === 'datetime') !== (other.type === 'datetime')) {
    throw badQuery(
      'SemanticError',
      `A semantic error occurred. Cannot compare values of types ${one.type} and ${other.type}.`,
    );
  }
  return {
    type: 'bool',
    evaluate: (row) => {
      const [a, b] = [one.evaluate(row), other.evaluate(row)];
      // A comparison with null is not true, whichever it is.
      return a !== null && b !== null && orderTest(compareValues(a, b));
    },
  };
}

/** Numbers and times by size, all else by its text; nulls first. */
export function compareValues(a: KqlValue, b: KqlValue): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  const byValue = isNumeric(a) && isNumeric(b);
  const [one, other] = byValue ? [a, b] : [asText(a, 'dynamic'), asText(b, 'dynamic')];
  if (one < other) return -1;
  return one > other ? 1 : 0;
}

function isNumeric(value: KqlValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
