import { isDigit } from '../characters.ts';

const space = 0x20;
const tab = 0x09;

/** What sets the parts of a head apart besides blanks: `-`, `|`, `:`, `,`, `;`, `*`, `>`, `=`, `~`, `»`, a bullet. */
export function isSeparator(code: number): boolean {
  return (
    code === 0x2d ||
    code === 0x7c ||
    code === 0x3a ||
    code === 0x2c ||
    code === 0x3b ||
    code === 0x2a ||
    code === 0x3e ||
    code === 0x3d ||
    code === 0x7e ||
    code === 0xbb ||
    code === 0x2022
  );
}

export function isTokenEnd(code: number): boolean {
  return (
    Number.isNaN(code) ||
    code === space ||
    code === tab ||
    code === 0x0a ||
    code === 0x7c ||
    code === 0x2c ||
    code === 0x5b
  );
}

/** Threads that runtimes name with a plain word. */
const threads: ReadonlySet<string> = new Set(['main', 'MainThread', 'MainProcess']);

/** A host, address, logger, thread, file or id: it has a digit, or a mark inside that words of prose do not have. */
export function isId(token: string): boolean {
  if (threads.has(token) || /[0-9]/.test(token)) return true;
  return /[\w$][._/:@#$=-][\w$]/.test(token);
}

export function isPlainWord(token: string): boolean {
  return /^[A-Za-z_]{1,40}:?$/.test(token);
}

/** What a level may have behind its word: a digit, `+`. */
export function isStep(code: number): boolean {
  return isDigit(code) || code === 0x2b;
}
