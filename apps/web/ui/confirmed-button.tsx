import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Icon, type IconName } from './icon.tsx';

interface ConfirmedButtonProps {
  /** What the first button says; it only asks. */
  readonly label: string;
  /** What happens, in a sentence or two. */
  readonly question: ReactNode;
  /** What the second button says: what it does. */
  readonly confirm: string;
  /** What the harmless answer says. */
  readonly keep?: string;
  readonly icon?: IconName;
  /** `change` for what only alters something; what it does cannot be undone either. */
  readonly kind?: 'removal' | 'change';
  readonly small?: boolean;
  readonly disabled?: boolean;
  readonly onConfirm: () => void;
}

/** So long the answer cannot be given: a second click within it was meant for the first button. */
const settleMs = 700;

/** A button for what cannot be undone: it asks first, and no double click answers. The focus goes to the harmless answer. */
export function ConfirmedButton({
  label,
  question,
  confirm,
  keep: keepWords = 'Keep it',
  icon = 'trash',
  kind = 'removal',
  small,
  disabled,
  onConfirm,
}: ConfirmedButtonProps) {
  const [asking, setAsking] = useState(false);
  const [settled, setSettled] = useState(false);
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!asking) return undefined;
    keep.current?.focus();
    const timer = setTimeout(() => setSettled(true), settleMs);
    return () => {
      clearTimeout(timer);
      setSettled(false);
    };
  }, [asking]);
  const size = small ? ' button-small' : '';
  const removes = kind === 'removal';
  return (
    <>
      <button
        type="button"
        className={`button${removes ? ' button-danger' : ''}${size}`}
        disabled={disabled}
        aria-expanded={asking}
        onClick={() => {
          setAsking(true);
          // The second click of two would take the focus back from the answer.
          keep.current?.focus();
        }}
      >
        <Icon name={icon} /> {label}
      </button>
      {asking && (
        <div
          className={`banner banner-${removes ? 'bad' : 'warn'} form confirmation`}
          role="alertdialog"
          aria-label={confirm}
        >
          <p>{question}</p>
          <div className="form-actions">
            <button ref={keep} type="button" className={`button${size}`} onClick={() => setAsking(false)}>
              {keepWords}
            </button>
            <button
              type="button"
              className={`button${removes ? ' button-danger' : ' button-main'}${size}`}
              disabled={disabled || !settled}
              onClick={() => {
                setAsking(false);
                onConfirm();
              }}
            >
              {confirm}
            </button>
          </div>
        </div>
      )}
    </>
  );
}
