export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | ':' | '=~' | '!~';

/** A filter of the Logging query language as parsed. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'compare'; readonly path: readonly string[]; readonly operator: Operator; readonly value: string }
  /** Any field contains the text. */
  | { readonly kind: 'anywhere'; readonly text: string };
