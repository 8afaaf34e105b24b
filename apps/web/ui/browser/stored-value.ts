/** Where a value is kept: for all tabs of this browser, or for this one. */
type Area = 'browser' | 'tab';

/** Values that the browser did not keep: this page remembers them until it is closed or loaded again. */
const remembered: Readonly<Record<Area, Map<string, string>>> = { browser: new Map(), tab: new Map() };

/** A value kept in this browser. A browser that refuses storage, as with cookies blocked, has none. */
export function readStored(key: string, area: Area = 'browser'): string | undefined {
  const value = remembered[area].get(key);
  if (value !== undefined) return value;
  try {
    return storageOf(area).getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a value in this browser, or forgets it. Where storage is refused or full, the value lasts as long as this page. */
export function writeStored(key: string, value: string | undefined, area: Area = 'browser'): void {
  remembered[area].delete(key);
  try {
    if (value === undefined) storageOf(area).removeItem(key);
    else storageOf(area).setItem(key, value);
  } catch {
    if (value !== undefined) remembered[area].set(key, value);
  }
}

/** @throws where the browser refuses storage: reading the property is enough */
function storageOf(area: Area): Storage {
  return area === 'browser' ? localStorage : sessionStorage;
}
