import { RE2JSSyntaxException } from 're2js';
import type { RegexFault, RegexFaultKind, RegexReading } from './regex-reader.ts';

/** Of what is quoted of a pattern. */
const maxQuoted = 40;

/** What is wrong, after the quoted part, and what would be right. */
const explanations: Readonly<Record<RegexFaultKind, string>> = {
  'group-not-closed': 'opens a group that is not closed: add ), or write \\( for the character',
  'group-not-opened': 'closes a group that was not opened: remove it, or write \\) for the character',
  'group-unknown': 'is not a kind of group: write (?:…) or (…), or \\( for the character',
  'group-name': 'is not a name of a group: use letters, digits and _, as in (?P<name>…)',
  'group-name-twice': 'is the name of an earlier group: choose another',
  lookaround: 'is lookaround or an atomic group, which RE2 does not have: say what to find instead',
  'class-not-closed': 'opens a character class that is not closed: add ], or write \\[ for the character',
  'class-unknown': 'is not a character class that RE2 knows, such as \\p{Greek} or [[:alpha:]]',
  'range-backwards': 'is a range that runs backwards: write the lower character first',
  'repeat-nothing': 'has nothing before it to repeat: write a backslash before it for the character',
  'repeat-repeat': 'repeats a repetition: keep one of them, or put the first into (?:…)',
  'repeat-count': 'must count from the lower number to the higher, and repeat at most 1000 times in all',
  'escape-unknown': 'is not an escape that RE2 knows: write \\\\ for a backslash',
  backreference: 'refers back to a group, which RE2 does not do: write what it stands for',
  'backslash-at-end': 'escapes nothing at the end: write \\\\ for a backslash',
};

/** Said of a field. Characters are counted from 1. */
export function faultProblem({ kind, at, text }: RegexFault): string {
  return `cannot be read at character ${at + 1}: ${quoted(text)} ${explanations[kind]}`;
}

/** Of an expression that could be read, and that RE2 refuses all the same. */
export function refusalProblem({ namedClasses }: RegexReading, error: unknown): string {
  if (!(error instanceof RE2JSSyntaxException))
    return `is not a regular expression of RE2: ${error instanceof Error ? error.message : error}`;
  const unknown = namedClasses.find(({ text }) => text === error.input);
  if (unknown) return faultProblem({ ...unknown, kind: 'class-unknown' });
  return `is not a regular expression of RE2: ${error.error}${error.input ? `: ${quoted(error.input)}` : ''}`;
}

export function sizeProblem(size: number, most: number): string {
  return `is too large: with its repetitions written out it has about ${size} parts, and at most ${most} are allowed. Repeat less, or use * or + where any number will do`;
}

function quoted(text: string): string {
  return text.length > maxQuoted ? `${text.slice(0, maxQuoted)}…` : text;
}
