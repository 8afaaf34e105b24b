/** What is made of the lines of a group: `p` and a percentage is a percentile. */
export type AggregateFunction = (typeof namedFunctions)[number] | `p${number}`;

const namedFunctions = ['count', 'rate', 'sum', 'avg', 'min', 'max'] as const;

/** A function by its name, `p50` and `p99.9` among them; undefined for any other text. */
export function readFunction(text: string): AggregateFunction | undefined {
  return percentOf(text) === undefined ? namedFunctions.find((each) => each === text) : (text as `p${number}`);
}

/** The percentage of a percentile, above 0 and below 100; undefined for other functions. */
export function percentOf(text: string): number | undefined {
  const [, digits] = /^p(\d{1,2}(?:\.\d{1,2})?)$/.exec(text) ?? [];
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
}

/** Whether it is made of the values of a field, not of lines alone. */
export function needsField(name: AggregateFunction): boolean {
  return name !== 'count' && name !== 'rate';
}
