import { valuesOf } from '@tailrace/log-query/filter-fields.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';

type ByValue = Map<string, number[]>;

/** Finds filters by a field whose value they fix: an attribute, else the stream, else the connection. */
export class FieldIndex {
  readonly #attributes = new Map<string, ByValue>();
  readonly #streams: ByValue = new Map();
  readonly #connections: ByValue = new Map();

  /** @param filters each with the number it is known by. @throws if one fixes no field. */
  constructor(filters: readonly (readonly [filter: LogFilter, index: number])[]) {
    for (const [{ attributes, stream, connections }, index] of filters) {
      const [attribute] = Object.entries(attributes ?? {});
      if (attribute) {
        const [key, wanted] = attribute;
        const values = this.#attributes.get(key) ?? new Map();
        this.#attributes.set(key, values);
        for (const each of valuesOf(wanted)) add(values, each, index);
      } else if (stream !== undefined) add(this.#streams, stream, index);
      else if (connections) for (const each of connections) add(this.#connections, each, index);
      else throw new RangeError('a filter without a fixed field cannot be found by one');
    }
  }

  static canFind({ attributes, stream, connections }: LogFilter): boolean {
    return Object.keys(attributes ?? {}).length > 0 || stream !== undefined || connections !== undefined;
  }

  /** Calls back with every filter whose fixed field the record has, and perhaps with others. */
  each({ attributes, resource, stream, connection_id }: LogRecord, callback: (index: number) => void): void {
    for (const [key, values] of this.#attributes) {
      callEach(values, attributes[key], callback);
      callEach(values, resource[key], callback);
    }
    if (this.#streams.size > 0) callEach(this.#streams, stream, callback);
    if (this.#connections.size > 0) callEach(this.#connections, connection_id, callback);
  }
}

function add(values: ByValue, value: string, index: number): void {
  const indexes = values.get(value) ?? [];
  values.set(value, indexes);
  indexes.push(index);
}

function callEach(values: ByValue, value: string | undefined, callback: (index: number) => void): void {
  if (value === undefined) return;
  for (const index of values.get(value) ?? []) callback(index);
}
