/** The values of a statement's `$1`, `$2`, … */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value and returns its placeholder. PostgreSQL refuses NUL in text; stored text has U+FFFD in its place. */
  add(value: string | number | readonly string[]): string {
    this.values.push(typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value);
    return `$${this.values.length}`;
  }
}
