import { isDigit, isLetter } from '../characters.ts';
import type { Draft } from '../draft.ts';
import { appFields } from '../fields/app-fields.ts';
import { settleNumericLevel } from '../fields/numeric-level.ts';
import { endOfQuoted, unquoted } from './quoted.ts';

const equals = 0x3d;
const quote = 0x22;

/**
 * Reads `key=value key="quoted value"` from a position to the text's end into the draft. Words without `=` behind an
 * unquoted message are the rest of it.
 *
 * @returns how many pairs there were; -1 when something else stood between them.
 */
export function readPairs(text: string, from: number, draft: Draft): number {
  let pairs = 0;
  /** Where the unquoted message began that the pair before this was; -1 when it was another. */
  let messageAt = -1;
  let at = skipBlanks(text, from);
  draft.keepsAll = true;
  while (at < text.length) {
    const keyEnd = endOfKey(text, at);
    if (keyEnd === at || text.charCodeAt(keyEnd) !== equals) {
      if (messageAt < 0) return -1;
      at = endOfValue(text, at);
      draft.replaceBody(text.slice(messageAt, at));
    } else {
      const valueAt = keyEnd + 1;
      const isQuoted = text.charCodeAt(valueAt) === quote;
      const end = isQuoted ? endOfQuoted(text, valueAt) : endOfValue(text, valueAt);
      if (end < 0) return -1;
      const value = isQuoted ? unquoted(text, valueAt, end) : text.slice(valueAt, end);
      const name = appFields.child(appFields.root, text, at, keyEnd);
      name.handle(draft, value, 'string', name.path);
      messageAt = !isQuoted && draft.bodyPath === name.path ? valueAt : -1;
      pairs++;
      at = end;
    }
    at = skipBlanks(text, at);
  }
  settleNumericLevel(draft);
  return pairs;
}

/** Whether a key and its `=` stand at the text's beginning. */
export function beginsWithPair(text: string): boolean {
  const keyEnd = endOfKey(text, 0);
  return keyEnd > 0 && text.charCodeAt(keyEnd) === equals;
}

function endOfKey(text: string, at: number): number {
  let index = at;
  while (isKeyCharacter(text.charCodeAt(index))) index++;
  return index;
}

/** Letters, digits and `_ . - / : @ [ ]`: what structured loggers let into a key. */
function isKeyCharacter(code: number): boolean {
  if (isLetter(code) || isDigit(code)) return true;
  return (
    code === 0x5f || (code >= 0x2d && code <= 0x2f) || code === 0x3a || code === 0x40 || code === 0x5b || code === 0x5d
  );
}

function endOfValue(text: string, at: number): number {
  let index = at;
  while (index < text.length && !isBlank(text.charCodeAt(index))) index++;
  return index;
}

function skipBlanks(text: string, at: number): number {
  let index = at;
  while (isBlank(text.charCodeAt(index))) index++;
  return index;
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
