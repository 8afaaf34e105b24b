/** One part of a query; `value` is what it means, whatever way it was written. */
export interface Term {
  readonly negative: boolean;
  /** The name before the colon; undefined for text and expressions. */
  readonly key: string | undefined;
  /** The name is an attribute's, whatever else it would mean. */
  readonly isAttribute?: true;
  readonly value: string;
  readonly regex: boolean;
}

/** A part where it stands in a query. */
export interface PlacedTerm {
  readonly term: Term;
  /** Characters before it. */
  readonly start: number;
  /** As it was written. */
  readonly written: string;
}

/** Names that are no attribute's unless they stand in quotes. */
const reserved: ReadonlySet<string> = new Set(['level', 'levels', 'connection', 'stream', 'parser', 'trace']);

/** Whether a name before a colon is that of something every line has, not of an attribute. */
export function isReserved(key: string): boolean {
  return reserved.has(key);
}

/** Whether a part is about an attribute, not about what every line has. */
export function isOfAttribute({ key, isAttribute }: Term): boolean {
  return key !== undefined && (isAttribute === true || !reserved.has(key));
}
