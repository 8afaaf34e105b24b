import type { TimeRange } from '@tailrace/ingestion/contract/connector.ts';

/** Longest filter Cloud Logging takes, characters; what we add to a user's fits beside it. */
export const maxFilterLength = 18_000;

/** A user's filter without its comments, or why it cannot be put between conditions of ours. */
export type FilterText = { readonly text: string } | { readonly problem: string };

/** Blank, comment, quoted text, bracket, operator, plain text: one of them stands at each place. */
const piece = new RegExp(
  [
    String.raw`(?<blank>\s+)`,
    String.raw`(?<comment>--[^\n]*)`,
    String.raw`(?<string>"(?:[^"\\]|\\[^])*"|'[^'"()\\]*')`,
    '(?<bracket>[()])',
    '(?<operator>[=<>:!~,])',
    String.raw`(?<text>[^\s()=<>:!~,"'\\]+)`,
  ].join('|'),
  'y',
);

/** What may stand before a quote: `a.b."c d"`, `-"x"`. */
const opensString = /[-.]$/;

/**
 * Reads a filter of the logging query language as far as it takes to put it in parentheses: a bracket or a quote of its
 * own must not take ours apart. Where its readers could differ (a quote or `--` inside a word, brackets in single quotes,
 * a backslash outside of quotes) it is refused rather than guessed at.
 *
 * Sources: https://cloud.google.com/logging/docs/view/logging-query-language, https://google.aip.dev/assets/misc/ebnf-filtering.txt
 */
export function readFilter(filter: string): FilterText {
  let text = '';
  let depth = 0;
  let index = 0;
  let previous = 'blank';
  while (index < filter.length) {
    piece.lastIndex = index;
    const match = piece.exec(filter);
    if (!match?.groups) return { problem: unreadable(filter, index) };
    const [found] = match;
    const kind = Object.entries(match.groups).find(([, value]) => value !== undefined)?.[0] ?? '';
    const dashes = kind === 'text' ? found.indexOf('--') : -1;
    if (dashes >= 0) return { problem: `has -- inside a word at position ${index + dashes}: put the word in quotes` };
    const glued =
      (kind === 'string' && previous === 'text' && !opensString.test(text)) ||
      (kind === 'text' && previous === 'string' && !found.startsWith('.'));
    if (glued || (kind === 'string' && previous === 'string')) {
      return { problem: `has a quote inside a word at position ${index}: put the whole word in quotes` };
    }
    if (found === '(') depth += 1;
    if (found === ')') depth -= 1;
    if (depth < 0) return { problem: `closes a parenthesis at position ${index} that was not opened` };
    text += kind === 'comment' ? ' ' : found;
    index += found.length;
    previous = kind;
  }
  return depth > 0 ? { problem: 'does not close a parenthesis' } : { text: text.trim() };
}

function unreadable(filter: string, index: number): string {
  if (filter[index] === '\\') return `has a backslash outside of quotes at position ${index}`;
  if (filter[index] === "'")
    return `has single quotes at position ${index} that do not end or hold brackets: use double quotes`;
  return `has a string at position ${index} that does not end`;
}

interface Conditions {
  /** Full name, `projects/…/logs/…`. */
  readonly logName: string;
  readonly resourceType: string | undefined;
  /** As `readFilter` gives it. */
  readonly filter: string;
}

/** What a connection reads, whatever the time. */
export function conditionsFilter({ logName, resourceType, filter }: Conditions): string {
  return [
    `logName=${JSON.stringify(logName)}`,
    ...(resourceType === undefined ? [] : [`resource.type=${JSON.stringify(resourceType)}`]),
    ...(filter === '' ? [] : [`(\n${filter}\n)`]),
  ].join(' AND ');
}

/** The entries of a range of event times. */
export function rangeFilter(conditions: string, { start, end }: TimeRange): string {
  return `${conditions} AND timestamp>="${rfc3339(start)}" AND timestamp<"${rfc3339(end)}"`;
}

function rfc3339(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
