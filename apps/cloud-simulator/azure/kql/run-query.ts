import { badQuery } from '../azure-error.ts';
import { compareValues, compile } from './compile.ts';
import { columnIndex, type Row, type Scope } from './scope.ts';
import type { Assignment, Operator, SortKey } from './syntax.ts';
import type { Column, KqlValue } from './value.ts';

interface Table {
  readonly columns: readonly Column[];
  readonly rows: Iterable<Row>;
}

type Step = { readonly scope: Scope; readonly rows: Iterable<Row> };

/** Sends a table's rows through a pipeline. Names are resolved, and errors thrown, before the first row is read. */
export function runQuery(operators: readonly Operator[], table: Table, now: bigint): Table {
  let step: Step = { scope: { columns: table.columns, atTable: true, now }, rows: table.rows };
  for (const operator of operators) step = apply(operator, step);
  const shown = step.scope.columns.flatMap((column, index) => (column.hidden === true ? [] : [index]));
  return { columns: shown.map((index) => step.scope.columns[index]!), rows: pick(step.rows, shown) };
}

function apply(operator: Operator, { scope, rows }: Step): Step {
  switch (operator.kind) {
    case 'where': {
      const predicate = compile(operator.predicate, scope);
      return { scope, rows: filter(rows, (row) => predicate.evaluate(row) === true) };
    }
    case 'extend':
      return operator.columns.reduce(extend, { scope, rows });
    case 'project':
      return project(operator.columns, { scope, rows });
    case 'project-away':
    case 'project-keep': {
      const keeps = operator.kind === 'project-keep';
      const kept = scope.columns.flatMap(({ name }, index) =>
        isNamed(name, operator.patterns, scope) === keeps ? [index] : [],
      );
      return { scope: { ...scope, columns: kept.map((index) => scope.columns[index]!) }, rows: pick(rows, kept) };
    }
    case 'project-rename':
      return { scope: { ...scope, columns: operator.renames.reduce(renamed(scope), scope.columns) }, rows };
    case 'order':
      return { scope, rows: sorted(rows, operator.keys, scope) };
    case 'take':
      return { scope, rows: first(rows, operator.count) };
  }
}

/** Adds a column, or replaces the one of that name. A column named by the query is hidden no more. */
function extend({ scope, rows }: Step, { name, value }: Assignment): Step {
  const { type, evaluate } = compile(value, scope);
  const index = scope.columns.findIndex((column) => column.name === name);
  const columns = index < 0 ? [...scope.columns, { name, type }] : scope.columns.with(index, { name, type });
  const place = index < 0 ? scope.columns.length : index;
  return { scope: { ...scope, columns }, rows: map(rows, (row) => placed(row, place, evaluate(row))) };
}

function placed(row: Row, place: number, value: KqlValue): Row {
  const values = row.values.slice();
  values[place] = value;
  return { ...row, values };
}

function project(assignments: readonly Assignment[], { scope, rows }: Step): Step {
  const compiled = assignments.map(({ value }) => compile(value, scope));
  const columns = assignments.map(({ name }, index) => ({ name, type: compiled[index]!.type }));
  return {
    scope: { ...scope, columns, atTable: false },
    rows: map(rows, (row) => ({ ...row, values: compiled.map((column) => column.evaluate(row)) })),
  };
}

function renamed(scope: Scope) {
  return (columns: readonly Column[], { to, from }: { readonly to: string; readonly from: string }) => {
    const index = columnIndex(scope, from);
    return columns.with(index, { name: to, type: columns[index]!.type });
  };
}

function isNamed(name: string, patterns: readonly string[], scope: Scope): boolean {
  return patterns.some((pattern) => {
    if (!pattern.includes('*')) return scope.columns[columnIndex(scope, pattern)]!.name === name;
    const [start = '', ...rest] = pattern.split('*');
    return name.startsWith(start) && rest.every((part) => name.includes(part)) && name.endsWith(rest.at(-1) ?? '');
  });
}

function sorted(rows: Iterable<Row>, keys: readonly SortKey[], scope: Scope): Iterable<Row> {
  const compiled = keys.map(({ by, descending }) => ({ ...compile(by, scope), direction: descending ? -1 : 1 }));
  if (compiled.some(({ type }) => type === 'dynamic')) {
    throw badQuery('SemanticError', 'A semantic error occurred. order by: expression cannot be of type dynamic.');
  }
  return deferred(() =>
    [...rows].sort((a, b) => {
      for (const { evaluate, direction } of compiled) {
        const order = compareValues(evaluate(a), evaluate(b));
        if (order !== 0) return order * direction;
      }
      return 0;
    }),
  );
}

/** Does the work when the rows are asked for. */
function deferred(rows: () => Iterable<Row>): Iterable<Row> {
  return { [Symbol.iterator]: () => rows()[Symbol.iterator]() };
}

function* filter(rows: Iterable<Row>, chosen: (row: Row) => boolean): Generator<Row> {
  for (const row of rows) if (chosen(row)) yield row;
}

function* map(rows: Iterable<Row>, to: (row: Row) => Row): Generator<Row> {
  for (const row of rows) yield to(row);
}

function* first(rows: Iterable<Row>, count: number): Generator<Row> {
  let left = count;
  for (const row of rows) {
    if (left <= 0) return;
    left -= 1;
    yield row;
  }
}

function pick(rows: Iterable<Row>, places: readonly number[]): Iterable<Row> {
  return map(rows, (row) => ({ ...row, values: places.map((place) => row.values[place] ?? null) }));
}
