import { useState } from 'react';
import { copyText } from '../ui/browser/clipboard.ts';
import { Icon } from '../ui/icon.tsx';

/** Puts text on the clipboard, and says that it did. */
export function CopyButton({ text, name }: { readonly text: string; readonly name: string }) {
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={done ? 'Copied' : name}
      title={name}
      onClick={() => {
        void copyText(text).then((copied) => {
          if (!copied) return;
          setDone(true);
          setTimeout(() => setDone(false), 1500);
        });
      }}
    >
      <Icon name={done ? 'check' : 'copy'} />
    </button>
  );
}
