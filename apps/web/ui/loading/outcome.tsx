import type { Action } from './use-action.ts';

/** How what was asked for went; read out politely. */
export function Outcome({ action }: { readonly action: Action }) {
  const { busy, problem, done } = action;
  return (
    <div role="status" className="outcome">
      {busy && <p className="dim">{busy}…</p>}
      {problem && <p className="banner banner-bad">{problem}</p>}
      {done && <p className="banner banner-good">{done}</p>}
    </div>
  );
}
