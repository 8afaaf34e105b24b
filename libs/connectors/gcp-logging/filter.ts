import type { TimeRange } from '@tailrace/connector/connector.ts';

/** Longest filter Cloud Logging takes, characters; what we add to a user's fits beside it. */
export const maxFilterLength = 18_000;

/**
 * Says why a filter of the logging query language cannot be put in parentheses between conditions of ours: a bracket
 * or a quote of its own would take ours apart (https://cloud.google.com/logging/docs/view/logging-query-language).
 */
export function filterProblem(filter: string): string | undefined {
  let depth = 0;
  let index = 0;
  while (index < filter.length) {
    const character = filter[index]!;
    if (character === '"') {
      const end = endOfString(filter, index);
      if (end === undefined) return `the string at position ${index} does not end`;
      index = end;
    } else if (filter.startsWith('--', index)) {
      const end = filter.indexOf('\n', index);
      index = end < 0 ? filter.length : end;
    } else {
      if (character === '(') depth += 1;
      if (character === ')') depth -= 1;
      if (depth < 0) return `closes a parenthesis at position ${index} that was not opened`;
      index += 1;
    }
  }
  return depth > 0 ? 'does not close a parenthesis' : undefined;
}

/** The position behind a string's closing quote. */
function endOfString(text: string, start: number): number | undefined {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index + 1;
  }
  return undefined;
}

interface Conditions {
  /** Full name, `projects/…/logs/…`. */
  readonly logName: string;
  readonly resourceType: string | undefined;
  readonly filter: string | undefined;
}

/** What a connection reads, whatever the time. */
export function conditionsFilter({ logName, resourceType, filter }: Conditions): string {
  return [
    `logName=${JSON.stringify(logName)}`,
    ...(resourceType === undefined ? [] : [`resource.type=${JSON.stringify(resourceType)}`]),
    // On lines of their own: a trailing comment of the user's ends before our parenthesis.
    ...(filter === undefined || filter.trim() === '' ? [] : [`(\n${filter}\n)`]),
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

/** `projects/p/logs/id`, whose id part is URL-encoded in entries (`cloudaudit.googleapis.com%2Factivity`). */
export function fullLogName(projectId: string, logName: string): string {
  if (/^projects\/[^/]+\/logs\/[^/]+$/.test(logName)) return logName;
  const id = /^projects\/[^/]+\/logs\/(.+)$/.exec(logName)?.[1] ?? logName;
  return `projects/${projectId}/logs/${/%[0-9A-Fa-f]{2}/.test(id) ? id : encodeURIComponent(id)}`;
}
