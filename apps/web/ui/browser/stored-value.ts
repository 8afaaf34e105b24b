/** Values that the browser did not keep: this page remembers them until it is closed or loaded again. */
const remembered = new Map<string, string>();

/** A value kept in this browser. A browser that refuses storage, as with cookies blocked, has none. */
export function readStored(key: string): string | undefined {
  const value = remembered.get(key);
  if (value !== undefined) return value;
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a value in this browser, or forgets it. Where storage is refused or full, the value lasts as long as this page. */
export function writeStored(key: string, value: string | undefined): void {
  remembered.delete(key);
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    if (value !== undefined) remembered.set(key, value);
  }
}
