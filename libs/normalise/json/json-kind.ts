/** What a JSON value is, as far as its handlers care. */
export type JsonKind = 'string' | 'number' | 'literal' | 'array' | 'object';
