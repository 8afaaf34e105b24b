import { type ReactNode, useState } from 'react';
import { oneLine } from '../ui/text/visible-text.ts';

interface SearchableListProps<Item> {
  /** What it lists, as one says it: `sources`. */
  readonly what: string;
  readonly items: readonly Item[];
  readonly textOf: (item: Item) => string;
  readonly children: (item: Item) => ReactNode;
}

/** Fewer than this are seen at one look. */
const leastSearched = 8;

/** A list that scrolls, with a field above it that narrows it by a part of the text. */
export function SearchableList<Item>({ what, items, textOf, children }: SearchableListProps<Item>) {
  const [wanted, setWanted] = useState('');
  const part = wanted.trim().toLowerCase();
  const found = items.filter((item) => oneLine(textOf(item)).toLowerCase().includes(part));
  return (
    <>
      {items.length >= leastSearched && (
        <input
          type="text"
          className="list-search"
          aria-label={`Search ${what}`}
          placeholder={`Search ${items.length} ${what}`}
          value={wanted}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => setWanted(target.value)}
        />
      )}
      <ul className="searched-list" aria-label={what}>
        {found.map(children)}
      </ul>
      {items.length > 0 && found.length === 0 && <p className="menu-note dim">None of the {what} is named so.</p>}
    </>
  );
}
