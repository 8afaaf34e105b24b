import type { RE2JS } from 're2js';

/** What the exploration looks at here: a state is a set of places in the program. */
interface State {
  readonly nfaStates: readonly number[];
  readonly isMatch: boolean;
}

/**
 * How much is explored before an automaton counts as large, in places of the program that are visited: 15 ms at most.
 * Expressions as people write them need a few thousand.
 */
const maxVisits = 100_000;
/** As RE2 has it: at the beginning of the text. */
const beginText = 4;
const endText = -1;
const unanchored = 0;

/**
 * Whether the whole automaton of an expression fits into the memory that its searches have. Then every character of every
 * text costs one look-up, whatever the text. Where it does not fit, some text makes RE2 follow each part of the expression
 * by itself, many times slower (https://swtch.com/~rsc/regexp/regexp3.html, "caching the DFA"). No when that would take long
 * to find out.
 *
 * @param bytes what the automaton may take, by its own count.
 */
export function automatonFits(regex: RE2JS, bytes: number): boolean {
  const re2 = regex.re2();
  if (re2.prefixComplete || re2.onepass !== null) return true;
  const { dfa } = re2;
  dfa.stateBudget = bytes;
  dfa.clearCache();
  const fits = fitsWhole(dfa);
  // What was explored may never be needed.
  dfa.clearCache();
  return fits;
}

function fitsWhole(dfa: ReturnType<RE2JS['re2']>['dfa']): boolean {
  const start: State | null = dfa.failed ? null : dfa.start({ context: () => beginText }, 0);
  if (start === null) return false;
  // One character of each class: the automaton does not distinguish the others of a class.
  const characters = [0, ...dfa.classBounds];
  const states = new Set([start]);
  let visits = 0;
  for (const state of states) {
    // A search ends here.
    if (state.isMatch) continue;
    if (dfa.step(state, dfa.numClasses, endText, unanchored) === null) return false;
    for (const [index, character] of characters.entries()) {
      const next: State | null = dfa.step(state, index, character, unanchored);
      if (next === null) return false;
      states.add(next);
      visits += 4 + state.nfaStates.length + next.nfaStates.length;
    }
    if (visits > maxVisits) return false;
  }
  return true;
}
