import { useEffect, useRef } from 'react';

/** Keys by the names of KeyboardEvent, and what they do. */
type Shortcuts = readonly (readonly [keys: readonly string[], work: () => void])[];

/** Keys of the page, except while somebody writes, works a control, or a dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (document.querySelector('dialog[open]')) return;
      const { target } = event;
      if (target instanceof HTMLElement) {
        if (target.closest('input, select, textarea, [contenteditable]')) return;
        // A control does its own work with these keys.
        if ((event.key === ' ' || event.key === 'Enter') && target.closest('button, a, summary')) return;
      }
      const shortcut = current.current.find(([keys]) => keys.includes(event.key))?.[1];
      if (shortcut === undefined) return;
      event.preventDefault();
      shortcut();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
