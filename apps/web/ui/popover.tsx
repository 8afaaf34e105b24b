import { type ReactNode, useEffect, useRef, useState } from 'react';

interface PopoverProps {
  /** What the button shows. */
  readonly label: ReactNode;
  /** Its name, when what it shows is not one. */
  readonly name?: string;
  readonly className?: string;
  readonly children: (close: () => void) => ReactNode;
  readonly align?: 'start' | 'end';
}

/** A button that opens a small panel below it. A click elsewhere or Escape closes it. */
export function Popover({ label, name, className, children, align = 'start' }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const away = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', away);
    const element = root.current;
    element?.addEventListener('keydown', key);
    return () => {
      document.removeEventListener('pointerdown', away);
      element?.removeEventListener('keydown', key);
    };
  }, [open]);
  return (
    <div className="popover" ref={root}>
      <button
        ref={button}
        type="button"
        className={className ?? 'button'}
        aria-expanded={open}
        aria-label={name}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && (
        <div className={`popover-panel popover-${align}`}>
          {children(() => {
            setOpen(false);
            button.current?.focus();
          })}
        </div>
      )}
    </div>
  );
}
