/** A word or phrase that is nearly always wrong in the prose of this project. */
export interface BannedWord {
  readonly pattern: RegExp;
  /** What to write. */
  readonly instead: string;
}

/** See docs/contributing/style.md. The patterns run on small letters, with line breaks of comments as spaces. */
export const bannedWords: readonly BannedWord[] = [
  { pattern: /\bever more\b/, instead: 'increasingly; of retries: with exponential back-off' },
  { pattern: /\bgoes for\b/, instead: 'applies to' },
  { pattern: /\bof worth\b/, instead: 'say what it is worth, or leave it out' },
  { pattern: /\bcomes along\b/, instead: 'is included' },
];
