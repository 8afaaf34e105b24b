import { rangeOf, type TimeView } from './query/view.ts';

/** The part of time that a view is about, as query parameters. */
export function rangeParameters(time: TimeView): { readonly from: string; readonly to: string } {
  const { from, to } = rangeOf(time, Date.now());
  return { from: new Date(from).toISOString(), to: time.kind === 'live' ? 'now' : new Date(to).toISOString() };
}
