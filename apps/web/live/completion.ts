import type { LogLine } from '../api/generated.ts';
import { attributeName, termsOf, termText } from './terms.ts';

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

export interface Suggestion {
  /** What the part being written becomes. */
  readonly text: string;
  readonly hint: string;
}

const words: readonly Suggestion[] = [
  { text: 'level:', hint: 'this level and above' },
  { text: 'levels:', hint: 'exactly these, with commas' },
  { text: 'connection:', hint: 'a source, by name' },
  { text: 'stream:', hint: 'stream within a source' },
  { text: 'parser:', hint: 'what read it; plain: nothing knew it' },
  { text: 'trace:', hint: 'trace id' },
];

/** The part at the end, whole or not: spaces within quotes or slashes are its own. */
const lastPart =
  /(?:^|\s)(-?(?:(?:[A-Za-z_][\w.\-/@]*|"(?:[^"\\]|\\.)*"):)?(?:"(?:[^"\\]|\\.)*"?|\/(?:[^/\\]|\\.)*\/?|\S*))$/s;

/** Where the part that is being written begins. */
export function lastPartStart(text: string): number {
  return text.length - (lastPart.exec(text)?.[1]?.length ?? 0);
}

/** What could follow what is being written last. `known` are values by name that do not come from lines: levels, connections. */
export function suggestions(
  written: string,
  seen: SeenAttributes,
  known: Readonly<Record<string, readonly string[]>>,
): readonly Suggestion[] {
  const minus = written.startsWith('-') ? '-' : '';
  const text = written.slice(minus.length);
  const [, name = '', start = ''] = /^((?:[A-Za-z_][\w.\-/@]*|"(?:[^"\\]|\\.)*"):)"?([^"]*)$/s.exec(text) ?? [];
  // Any value will do: this finds out what the name means.
  const term = termsOf(`${minus}${name}x`)[0];
  if (term?.key !== undefined) {
    const { key, isAttribute } = term;
    const fixed = !isAttribute && Object.hasOwn(known, key) ? known[key] : undefined;
    return (fixed ?? seen.values(key))
      .filter((value) => value.toLowerCase().includes(start.toLowerCase()) && value !== start && value !== '')
      .slice(0, 12)
      .map((value) => ({ text: termText({ ...term, value }), hint: '' }));
  }
  const lower = text.toLowerCase();
  const names = seen
    .keys()
    .filter((name) => name !== 'stream' && name !== 'parser')
    .map((name) => ({ text: `${minus}${attributeName(name)}:`, hint: 'attribute' }));
  return [...(minus ? [] : words), ...names].filter((each) => each.text.toLowerCase().includes(lower)).slice(0, 12);
}
