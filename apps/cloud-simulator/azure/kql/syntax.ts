/** Comparisons that take a scalar on both sides. `!` before the words negates them. */
export type Comparison =
  | '=='
  | '!='
  | '=~'
  | '!~'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'contains'
  | 'contains_cs'
  | 'has'
  | 'startswith'
  | 'endswith';

export interface Binary<Kind extends string> {
  readonly kind: Kind;
  readonly left: Expression;
  readonly right: Expression;
}

/** A scalar expression as parsed. */
export type Expression =
  | {
      readonly kind: 'literal';
      readonly type: 'string' | 'long' | 'real' | 'bool' | 'datetime' | 'timespan';
      readonly value: string | number | boolean | bigint;
    }
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'in';
      readonly left: Expression;
      readonly choices: readonly Expression[];
      readonly caseless: boolean;
    }
  | Binary<'and' | 'or'>
  | Binary<'add' | 'subtract'>
  | { readonly kind: 'not'; readonly of: Expression };

export interface Assignment {
  readonly name: string;
  readonly value: Expression;
}

export interface SortKey {
  readonly by: Expression;
  readonly descending: boolean;
}

/** One step of a query's pipeline. */
export type Operator =
  | { readonly kind: 'where'; readonly predicate: Expression }
  | { readonly kind: 'extend' | 'project'; readonly columns: readonly Assignment[] }
  | { readonly kind: 'project-away' | 'project-keep'; readonly patterns: readonly string[] }
  | { readonly kind: 'project-rename'; readonly renames: readonly { readonly to: string; readonly from: string }[] }
  | { readonly kind: 'order'; readonly keys: readonly SortKey[] }
  | { readonly kind: 'take'; readonly count: number };

export interface Query {
  readonly table: string;
  readonly operators: readonly Operator[];
}
