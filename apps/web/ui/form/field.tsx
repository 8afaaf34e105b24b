import type { ReactNode } from 'react';

interface FieldProps {
  /** Of the control; what describes it has the id `<id>-help`. */
  readonly id: string;
  readonly label: string;
  readonly isRequired?: boolean;
  /** What is wrong with it, to be read after the label. */
  readonly problem: string | undefined;
  /** What is to be known of it now, in the place of what it is for. */
  readonly notice?: string | undefined;
  readonly help?: string | undefined;
  readonly children: ReactNode;
}

/** A control with its label, whether it is required, and below it what is wrong with it or what it is for. */
export function Field({ id, label, isRequired = false, problem, notice, help, children }: FieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {isRequired && <span className="required"> required</span>}
      </label>
      {children}
      <span id={`${id}-help`} className={problem ? 'field-problem' : notice ? 'field-notice' : 'field-help'}>
        {problem === undefined ? (notice ?? help) : sentence(label, problem)}
      </span>
    </div>
  );
}

/** `Name is required`, `Expression: missing )`. */
export function sentence(label: string, problem: string): string {
  const goesOn = /^(is|are|must|has|have|holds|needs|cannot|does|was)\b/.test(problem);
  return goesOn ? `${label} ${problem}` : `${label}: ${problem}`;
}

/** What a control says of its field. */
export function describedBy(id: string, problem: string | undefined, isRequired = false) {
  return { id, 'aria-describedby': `${id}-help`, 'aria-invalid': problem !== undefined, 'aria-required': isRequired };
}
