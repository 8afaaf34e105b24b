import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { parseQuery } from '@tailrace/log-query/query/parse-query.ts';
import { type Field, lineFields, serviceNames } from '@tailrace/log-query/query/tree.ts';
import { attributeField, fieldText, valuesText } from './query-parts.ts';

/** Values kept for each name, and names: what is seen most lately wins. */
const mostValues = 200;
const mostKeys = 500;

/** Names and values of attributes that have been seen, for completion in the filter bar. */
export class SeenAttributes {
  readonly #values = new Map<string, Set<string>>();

  see(line: LogLine): void {
    for (const fields of [line.attributes, line.resource]) {
      for (const key in fields) this.#add(key, fields[key] ?? '');
    }
    this.#add('stream', line.stream);
    this.#add('parser', line.parser);
  }

  #add(key: string, value: string): void {
    let values = this.#values.get(key);
    if (values === undefined) {
      if (this.#values.size >= mostKeys) return;
      values = new Set();
      this.#values.set(key, values);
    }
    if (values.has(value) || value.length > 100) return;
    if (values.size >= mostValues) values.delete(values.values().next().value ?? '');
    values.add(value);
  }

  /** Names, those with the fewest different values first: they cut best. */
  keys(): readonly string[] {
    return [...this.#values].sort(([, a], [, b]) => a.size - b.size).map(([key]) => key);
  }

  values(key: string): readonly string[] {
    return [...(this.#values.get(key) ?? [])].reverse();
  }
}

/** Names and values to choose from, whatever they were read from. */
export type KnownFields = Pick<SeenAttributes, 'keys' | 'values'>;

/** What is stored, as a query names it: names of attributes, and values by name. */
export interface StoredFields {
  readonly names: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** What was seen on the page first, then what else is stored. */
export function withStored(seen: KnownFields, { names, values }: StoredFields): KnownFields {
  return {
    keys: () => [...new Set([...seen.keys(), ...names])],
    values: (key) => [...new Set([...seen.values(key), ...(values.get(key) ?? [])])],
  };
}

export interface Suggestion {
  /** What the part being written becomes. */
  readonly text: string;
  readonly hint: string;
}

/** Names of what every line has. */
const ofEveryLine: ReadonlySet<string> = new Set(lineFields);

const words: readonly Suggestion[] = [
  { text: 'level:', hint: 'this level and above' },
  { text: 'connection:', hint: 'a source, by name' },
  { text: 'service:', hint: 'a service' },
  { text: 'stream:', hint: 'stream within a source' },
  { text: 'trace:', hint: 'trace id' },
  { text: 'parser:', hint: 'what read the line; plain: nothing did' },
];

/** The part at the end, whole or not: spaces within quotes or slashes are its own. */
const lastPart =
  /(?:^|[\s(])(-?(?:(?:[A-Za-z_@][\w.\-/@]*|"(?:[^"\\]|\\.)*"):)?(?:"(?:[^"\\]|\\.)*"?|\/(?:[^/\\]|\\.)*\/?|[^\s(]*))$/s;

/** Where the part that is being written begins. */
export function lastPartStart(text: string): number {
  return text.length - (lastPart.exec(text)?.[1]?.length ?? 0);
}

/** What could follow what is being written last. `known` are values by name that do not come from lines: levels, connections. */
export function suggestions(
  written: string,
  seen: KnownFields,
  known: Readonly<Record<string, readonly string[]>>,
): readonly Suggestion[] {
  const minus = written.startsWith('-') ? '-' : '';
  const { field, start } = fieldBeingWritten(written);
  const text = written.slice(minus.length);
  if (field !== undefined) {
    const fixed = field.kind === 'line' && Object.hasOwn(known, field.name) ? known[field.name] : undefined;
    return (fixed ?? seenNames(field).flatMap((each) => seen.values(each)))
      .filter((value) => value.toLowerCase().includes(start.toLowerCase()) && value !== start && value !== '')
      .slice(0, 12)
      .map((value) => ({ text: valuesText(field, [value], minus !== ''), hint: '' }));
  }
  const lower = text.toLowerCase();
  const names = seen
    .keys()
    .filter((name) => !ofEveryLine.has(name))
    .map((name) => ({ text: `${minus}${fieldText(attributeField(name))}:`, hint: 'attribute' }));
  const ofLines = words.map((word) => ({ ...word, text: minus + word.text }));
  return [...ofLines, ...names].filter((each) => each.text.toLowerCase().includes(lower)).slice(0, 12);
}

/** The field whose value is being written, with what there is of the value; no field while a word or a name is written. */
export function fieldBeingWritten(written: string): { readonly field: Field | undefined; readonly start: string } {
  const text = written.replace(/^-/, '');
  const [, name, start = ''] = /^((?:[A-Za-z_@][\w.\-/@]*|"(?:[^"\\]|\\.)*"):)"?([^"]*)$/s.exec(text) ?? [];
  return { field: name === undefined ? undefined : fieldOf(name), start };
}

/** The names under which its values have been seen. */
function seenNames({ kind, name }: Field): readonly string[] {
  return kind === 'line' && name === 'service' ? serviceNames : [name];
}

/** The field that a name with its colon means: any value will do to find out. */
function fieldOf(name: string): Field | undefined {
  const reading = parseQuery(`${name}*`, () => undefined);
  return 'tree' in reading && reading.tree?.kind === 'test' ? reading.tree.field : undefined;
}
