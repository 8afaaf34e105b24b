import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { ErrorBoundary } from './error-boundary.tsx';
import { Icon } from './icon.tsx';

type DialogProps = {
  readonly title: string;
  readonly children: ReactNode;
  /** A panel at the side, for what stays in view beside the page's own content; else in the middle. */
  readonly side?: boolean;
  /** As wide as the window allows, for what is worked on beside what it is about. */
  readonly wide?: boolean;
} & (
  | {
      readonly onClose: () => void;
      /** Whether something is written in it that is not saved: it asks before that is dropped. */
      readonly isUnsaved?: boolean;
      readonly stays?: false;
    }
  /** It goes by what is done in it alone. */
  | { readonly stays: true; readonly onClose?: never; readonly isUnsaved?: never }
);

/** A modal dialog: the browser keeps the focus in it, and Escape closes it. The focus goes back to where it was. */
export function Dialog({ title, onClose, children, side, wide, isUnsaved = false, stays = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    // It is gone by then, so what is behind it can have the focus again.
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  const leave = () => {
    if (stays) return;
    if (isUnsaved && !asking) setAsking(true);
    else onClose?.();
  };
  return (
    <dialog
      ref={dialog}
      className={side ? 'dialog dialog-side' : wide ? 'dialog dialog-wide' : 'dialog'}
      aria-labelledby={titleId}
      onClose={(event) => {
        if (event.target !== dialog.current) return;
        if (!stays && !isUnsaved) {
          onClose?.();
          return;
        }
        // The browser closes it by itself when Escape is pressed again and again; what would be lost comes back.
        dialog.current.showModal();
        setAsking(!stays);
      }}
      onCancel={(event) => {
        if (event.target !== dialog.current) return;
        event.preventDefault();
        // Escape after the question is not the answer that loses something.
        if (asking) setAsking(false);
        else leave();
      }}
    >
      <header className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        {!stays && (
          <button type="button" className="icon-button" onClick={leave} aria-label="Close">
            <Icon name="close" />
          </button>
        )}
      </header>
      {asking && (
        <div className="dialog-question banner banner-warn" role="alertdialog" aria-label="Unsaved changes">
          <p>What you have written is not saved.</p>
          <div className="form-actions">
            {/* biome-ignore lint/a11y/noAutofocus: the question came by a key; its answer must be at hand */}
            <button type="button" className="button button-main" autoFocus onClick={() => setAsking(false)}>
              Keep editing
            </button>
            <button type="button" className="button button-danger" onClick={() => onClose?.()}>
              Discard it
            </button>
          </div>
        </div>
      )}
      <div className="dialog-body">
        <ErrorBoundary name={`“${title}”`} part>
          {children}
        </ErrorBoundary>
      </div>
    </dialog>
  );
}
