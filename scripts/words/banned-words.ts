/** A word or phrase that is nearly always wrong in the prose of this project. */
export interface BannedWord {
  readonly pattern: RegExp;
  /** What to write. */
  readonly instead: string;
}

/** See docs/contributing/style.md. The patterns run on small letters, with line breaks of comments as spaces. */
export const bannedWords: readonly BannedWord[] = [
  { pattern: /\banew\b/, instead: 'again; from the start' },
  { pattern: /\bwhoever\b/, instead: 'name the caller, the owner, the reader' },
  { pattern: /\b(?:is|are|being|be|was|were|stays?) (?:still |briefly )?away\b/, instead: 'is unreachable' },
  // A word of its own: `tailrace-told-…` is a label that Jira's issues have.
  {
    pattern: /(?<!-)\b(?:told|tells|telling)\b(?!-)/,
    instead: 'returns, reports, shows, sends, logs; is notified',
  },
  { pattern: /\bever more\b/, instead: 'increasingly; of retries: with exponential back-off' },
  {
    pattern: /\b(?:tried again|retried|goes on|go on) by itself\b/,
    instead: 'retried automatically; continues automatically',
  },
  { pattern: /\bstill trying\b/, instead: 'retrying' },
  { pattern: /\bgoes for\b/, instead: 'applies to' },
  { pattern: /\bof worth\b/, instead: 'say what it is worth, or leave it out' },
  { pattern: /\bcomes along\b/, instead: 'is included' },
];
