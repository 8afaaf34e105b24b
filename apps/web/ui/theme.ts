import { readStored, writeStored } from './browser/stored-value.ts';

export type Theme = 'system' | 'light' | 'dark';

const key = 'tailrace.theme';

export function storedTheme(): Theme {
  const stored = readStored(key);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** Says it to the stylesheet; `system` leaves it to `prefers-color-scheme`. Passed to `themechange` listeners of the window. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  writeStored(key, theme === 'system' ? undefined : theme);
  window.dispatchEvent(new Event('themechange'));
}
