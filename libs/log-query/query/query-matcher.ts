import { levelOf, levels } from '@tailrace/log-record/level.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { ignoringCase } from '../ignoring-case.ts';
import { compileRegex } from '../regex.ts';
import { lineTexts } from './field-text.ts';
import { quantityReader } from './quantity.ts';
import { type Comparison, type Field, type QueryNode, serviceNames, type ValueTest } from './tree.ts';

type Test = (record: LogRecord) => boolean;

/** A body in lower case, kept while tests of the same line ask for it. */
class LowerCase {
  #of = '';
  #lower = '';

  of(text: string): string {
    if (text !== this.#of) {
      this.#of = text;
      this.#lower = ignoringCase(text);
    }
    return this.#lower;
  }
}

/** Compiles a query into a test of lines. Tests of one AND or OR run cheapest first. */
export function compileQuery(tree: QueryNode | undefined): Test {
  return tree === undefined ? () => true : compile(tree, new LowerCase());
}

function compile(node: QueryNode, lower: LowerCase): Test {
  switch (node.kind) {
    case 'and': {
      const tests = cheapestFirst(node.of).map((each) => compile(each, lower));
      return (record) => tests.every((test) => test(record));
    }
    case 'or': {
      const tests = cheapestFirst(node.of).map((each) => compile(each, lower));
      return (record) => tests.some((test) => test(record));
    }
    case 'not': {
      const test = compile(node.of, lower);
      return (record) => !test(record);
    }
    case 'test':
      return compileTest(node.field, node.test, lower);
  }
}

function cheapestFirst(nodes: readonly QueryNode[]): QueryNode[] {
  return nodes.toSorted((a, b) => costOf(a) - costOf(b));
}

function costOf(node: QueryNode): number {
  if (node.kind === 'not') return costOf(node.of);
  if (node.kind !== 'test') return Math.max(...node.of.map(costOf));
  if (node.test.kind === 'regex') return 3;
  return node.field.kind === 'line' && node.field.name === 'body' ? 2 : 1;
}

function compileTest(field: Field, test: ValueTest, lower: LowerCase): Test {
  if (test.kind === 'level') return levelTest(test.comparison, levels.indexOf(test.level));
  if (field.kind === 'attribute') return ofAttribute([field.name], textTest(field.name, test, lower));
  if (field.name === 'level') {
    const isSet = test.kind === 'exists';
    return ({ severity_number: severity }) => severity >= 1 === isSet;
  }
  if (field.name === 'service') return ofAttribute(serviceNames, textTest(field.name, test, lower));
  const passes = textTest(field.name, test, lower);
  if (field.name === 'flags') return ({ flags }) => flags.some(passes);
  const read = lineTexts[field.name];
  if (test.kind === 'exists') return (record) => (read(record) ?? '') !== '';
  return (record) => {
    const value = read(record);
    return value !== null && passes(value);
  };
}

/** Either of the two may have the name, and one that passes is enough. */
function ofAttribute(names: readonly string[], passes: (text: string) => boolean): Test {
  const has = (values: Readonly<Record<string, string>>, name: string) => {
    const value: unknown = values[name];
    return typeof value === 'string' && passes(value);
  };
  return ({ attributes, resource }) => names.some((name) => has(attributes, name) || has(resource, name));
}

function levelTest(comparison: Comparison, wanted: number): Test {
  const holds = relation(comparison);
  return ({ severity_number: severity }) => {
    const level = levelOf(severity);
    return level !== undefined && holds(levels.indexOf(level), wanted);
  };
}

function textTest(
  name: string,
  test: Exclude<ValueTest, { kind: 'level' }>,
  lower: LowerCase,
): (text: string) => boolean {
  switch (test.kind) {
    case 'exists':
      return () => true;
    case 'equals':
      return (text) => text === test.text;
    case 'contains': {
      const part = ignoringCase(test.text);
      return (text) => lower.of(text).includes(part);
    }
    case 'wildcard': {
      if (!test.ignoreCase) return (text) => follows(text, test.parts);
      const parts = test.parts.map(ignoringCase);
      return (text) => follows(lower.of(text), parts);
    }
    case 'regex': {
      const regex = compileRegex(test.pattern);
      if ('problem' in regex) throw new RangeError(`expression ${regex.problem}`);
      return (text) => regex.finds(text);
    }
    case 'quantity': {
      const read = quantityReader(name, test.quantity.unit);
      const holds = relation(test.comparison);
      return (text) => {
        if (test.comparison === '=' && text === test.text) return true;
        const value = read(text);
        return value !== undefined && holds(value, test.quantity.value);
      };
    }
  }
}

function relation(comparison: Comparison): (a: number, b: number) => boolean {
  switch (comparison) {
    case '=':
      return (a, b) => a === b;
    case '>':
      return (a, b) => a > b;
    case '>=':
      return (a, b) => a >= b;
    case '<':
      return (a, b) => a < b;
    case '<=':
      return (a, b) => a <= b;
  }
}

/** Whether the parts follow each other in the text, the first at its beginning and the last at its end. */
function follows(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return at <= end;
}
