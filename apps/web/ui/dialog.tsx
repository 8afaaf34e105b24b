import { type ReactNode, useEffect, useId, useRef } from 'react';
import { ErrorBoundary } from './error-boundary.tsx';
import { Icon } from './icon.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** A panel at the side, for what stays in view beside the page's own content; else in the middle. */
  readonly side?: boolean;
}

/** A modal dialog: the browser keeps the focus in it, and Escape closes it. The focus goes back to where it was. */
export function Dialog({ title, onClose, children, side }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    // It is gone by then, so what is behind it can have the focus again.
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={side ? 'dialog dialog-side' : 'dialog'}
      aria-labelledby={titleId}
      onClose={onClose}
      onCancel={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <header className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <button type="button" className="icon-button" onClick={onClose} aria-label="Close">
          <Icon name="close" />
        </button>
      </header>
      <div className="dialog-body">
        <ErrorBoundary name={`“${title}”`} part>
          {children}
        </ErrorBoundary>
      </div>
    </dialog>
  );
}
