/** The values of a statement's `$1`, `$2`, … */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value and returns its placeholder. PostgreSQL refuses NUL in text; stored text has U+FFFD in its place. */
  add(value: string | number | readonly string[]): string {
    this.values.push(
      typeof value === 'number' ? value : typeof value === 'string' ? storable(value) : value.map(storable),
    );
    return `$${this.values.length}`;
  }
}

function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
