import { type RefObject, useEffect, useRef } from 'react';

/**
 * Moves the focus to the first wrong field of a form, in the order in which they stand, whenever it has been judged.
 * @param judgement another one each time; undefined while there is nothing wrong
 */
export function useFocusProblem(judgement: object | undefined): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (judgement === undefined) return;
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    const control = wrong?.matches('fieldset') ? wrong.querySelector<HTMLElement>('input') : wrong;
    control?.closest('details')?.setAttribute('open', '');
    control?.focus();
  }, [judgement]);
  return form;
}
