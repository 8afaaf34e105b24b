import { useState } from 'react';
import { copyText } from '../../ui/browser/clipboard.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';

interface CopyButtonProps {
  readonly text: string;
  readonly name: string;
  readonly icon?: IconName;
}

/** How long it is said how it went. */
const saidMs = 2500;
const outcomes = { done: 'Copied', refused: 'The browser does not let this page copy: select the text, and copy it' };

/** Puts text on the clipboard, and says whether it did. */
export function CopyButton({ text, name, icon = 'copy' }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<keyof typeof outcomes>();
  return (
    <span className="copy">
      <button
        type="button"
        className="icon-button"
        aria-label={name}
        title={name}
        onClick={() => {
          void copyText(text).then((copied) => {
            setOutcome(copied ? 'done' : 'refused');
            setTimeout(() => setOutcome(undefined), saidMs);
          });
        }}
      >
        <Icon name={outcome === undefined ? icon : outcome === 'done' ? 'check' : 'warning'} />
      </button>
      <span role="status" className={outcome === undefined ? 'visually-hidden' : 'copy-outcome'}>
        {outcome && outcomes[outcome]}
      </span>
    </span>
  );
}
