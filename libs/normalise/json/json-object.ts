import { maxJsonDepth, maxJsonFields } from '@tailrace/log-record/limits.ts';
import type { FieldName, FieldNames } from '../fields/field-names.ts';
import { type Flagged, storable } from '../storable.ts';
import type { JsonKind } from './json-kind.ts';
import { unescaped } from './json-string.ts';

/**
 * - `read`: every field was handed over.
 * - `invalid`: the text is not one JSON object; some fields may have been handed over.
 * - `cut`: the text ends inside of the object; what came before the end was handed over.
 * - `too_large`: deeper or of more fields than is read; some fields were handed over.
 */
export type JsonOutcome = 'read' | 'invalid' | 'cut' | 'too_large';

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Reads a JSON object (RFC 8259) straight from its text, without building it: each field's name (nested ones joined by
 * dots) and its value's text go to the name's handler. So numbers keep their digits, `__proto__` is a key like any
 * other, and no depth or number of fields costs more than one pass over the text.
 *
 * Arrays, and objects whose name says `whole`, are handed over as their text. Besides JSON it takes `NaN` and
 * `Infinity`, which Python writes, control characters in strings, and backslashes before characters that need none.
 * What an escape makes unstorable is mended, so that storable text gives storable values.
 */
export function readJsonObject<Target extends Flagged>(
  text: string,
  names: FieldNames<Target>,
  target: Target,
): JsonOutcome {
  return new JsonObjectReader(text, names, target).read();
}

class JsonObjectReader<Target extends Flagged> {
  private readonly text: string;
  private readonly names: FieldNames<Target>;
  private readonly target: Target;
  private at = 0;
  private fields = 0;
  /** Where the next backslash is; never before `at` once a string has been looked at. */
  private nextBackslash = -1;
  private outcome: JsonOutcome = 'read';
  /** Whether a string was still open at the text's end. */
  private ended = false;

  constructor(text: string, names: FieldNames<Target>, target: Target) {
    this.text = text;
    this.names = names;
    this.target = target;
  }

  read(): JsonOutcome {
    if (this.skipSpace() !== openBrace) return 'invalid';
    this.at++;
    if (!this.readMembers()) {
      if (this.outcome !== 'read') return this.outcome;
      return this.ended || this.at >= this.text.length ? 'cut' : 'invalid';
    }
    this.skipSpace();
    return this.at === this.text.length ? 'read' : 'invalid';
  }

  /** From behind an opening brace to behind its closing one. Nested objects are entered by a stack of our own. */
  private readMembers(): boolean {
    const { text } = this;
    const parents: FieldName<Target>[] = [];
    let parent = this.names.root;
    let previous = parent;
    if (this.skipSpace() === closeBrace) {
      // Only the outermost object: an empty one inside is a value.
      this.at++;
      return true;
    }
    for (;;) {
      const name = this.readName(parent, previous);
      if (name === undefined) return false;
      previous = name;
      let code = text.charCodeAt(this.at);
      if (code === openBrace && !name.whole && !this.isEmptyObject()) {
        if (parents.length + 2 > maxJsonDepth) return this.refuse();
        parents.push(parent);
        parent = name;
        this.at++;
        this.skipSpace();
        continue;
      }
      if (++this.fields > maxJsonFields) return this.refuse();
      if (!this.readValue(code, name)) return false;
      code = this.skipSpace();
      while (code === closeBrace) {
        this.at++;
        const outer = parents.pop();
        if (outer === undefined) return true;
        parent = outer;
        code = this.skipSpace();
      }
      if (code !== comma) return false;
      this.at++;
      this.skipSpace();
    }
  }

  /** From a key's opening quote to its value. */
  private readName(parent: FieldName<Target>, previous: FieldName<Target>): FieldName<Target> | undefined {
    const { follower, lead } = previous;
    const start = this.at;
    if (follower !== undefined && follower.parent === parent && this.text.startsWith(lead, start)) {
      this.at = start + lead.length;
      this.skipSpace();
      return follower;
    }
    if (this.text.charCodeAt(start) !== quote) return undefined;
    const name = this.readKey(parent);
    if (name === undefined || this.skipSpace() !== colon) return undefined;
    this.at++;
    this.skipSpace();
    this.names.follow(previous, name, this.text, start, this.at);
    return name;
  }

  private refuse(): false {
    this.outcome = 'too_large';
    return false;
  }

  private readKey(parent: FieldName<Target>): FieldName<Target> | undefined {
    const { text } = this;
    const start = this.at + 1;
    for (let index = start; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code === quote) {
        this.at = index + 1;
        return this.names.child(parent, text, start, index);
      }
      if (code === backslash) {
        const key = this.readString();
        return key === undefined ? undefined : this.names.child(parent, key, 0, key.length);
      }
    }
    this.ended = true;
    return undefined;
  }

  private readValue(code: number, name: FieldName<Target>): boolean {
    if (code === quote) {
      const value = this.readString();
      if (value === undefined) return false;
      name.handle(this.target, value, 'string', name.path);
      return true;
    }
    const start = this.at;
    const kind = this.skipValue(code);
    if (kind === undefined) return false;
    name.handle(this.target, this.text.slice(start, this.at), kind, name.path);
    return true;
  }

  private skipValue(code: number): JsonKind | undefined {
    if (code === openBrace) return this.skipComposite() ? 'object' : undefined;
    if (code === openBracket) return this.skipComposite() ? 'array' : undefined;
    if (this.skipNumber()) return 'number';
    return this.skipLiteral() ? 'literal' : undefined;
  }

  /** At an opening quote; the text between the quotes with its escapes undone. */
  private readString(): string | undefined {
    const { text } = this;
    const start = this.at + 1;
    const end = text.indexOf('"', start);
    if (end < 0) {
      this.ended = true;
      return undefined;
    }
    if (end < this.findBackslash(start)) {
      this.at = end + 1;
      return text.slice(start, end);
    }
    if (!this.skipString()) return undefined;
    return storable(unescaped(text.slice(start - 1, this.at)), this.target);
  }

  private findBackslash(from: number): number {
    if (this.nextBackslash < from) {
      const found = this.text.indexOf('\\', from);
      this.nextBackslash = found < 0 ? Number.MAX_SAFE_INTEGER : found;
    }
    return this.nextBackslash;
  }

  /** From an opening quote to behind the closing one. */
  private skipString(): boolean {
    const { text } = this;
    for (let index = this.at + 1; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code === backslash) index++;
      else if (code === quote) {
        this.at = index + 1;
        return true;
      }
    }
    this.ended = true;
    return false;
  }

  /** An array or object to its matching end. Brackets must match; what is between them is not looked at closely. */
  private skipComposite(): boolean {
    const { text } = this;
    const closers = new Uint8Array(maxJsonDepth);
    let depth = 0;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      if (code === quote) {
        if (!this.skipString()) return false;
        continue;
      }
      if (code === openBrace || code === openBracket) {
        if (depth === maxJsonDepth) return this.refuse();
        closers[depth++] = code + 2;
      } else if (code === closeBrace || code === closeBracket) {
        if (closers[--depth] !== code) return false;
      }
      this.at++;
      if (depth === 0) return true;
    }
    return false;
  }

  private skipNumber(): boolean {
    const start = this.at;
    if (this.skipNumberParts()) return true;
    this.at = start;
    return false;
  }

  private skipNumberParts(): boolean {
    const { text } = this;
    if (text.charCodeAt(this.at) === minus) this.at++;
    if (!this.skipDigits()) return false;
    if (text.charCodeAt(this.at) === 0x2e) {
      this.at++;
      if (!this.skipDigits()) return false;
    }
    if ((text.charCodeAt(this.at) | 0x20) !== 0x65) return true;
    this.at++;
    const sign = text.charCodeAt(this.at);
    if (sign === 0x2b || sign === minus) this.at++;
    return this.skipDigits();
  }

  private skipDigits(): boolean {
    const start = this.at;
    let code = this.text.charCodeAt(this.at);
    while (code >= 0x30 && code <= 0x39) code = this.text.charCodeAt(++this.at);
    return this.at > start;
  }

  private skipLiteral(): boolean {
    for (const literal of literals) {
      if (!this.text.startsWith(literal, this.at)) continue;
      this.at += literal.length;
      return true;
    }
    return false;
  }

  private isEmptyObject(): boolean {
    const start = this.at;
    this.at++;
    const empty = this.skipSpace() === closeBrace;
    this.at = start;
    return empty;
  }

  /** Skips white space; the code of the character behind it, NaN at the end. */
  private skipSpace(): number {
    let code = this.text.charCodeAt(this.at);
    while (code === 0x20 || (code <= 0x0d && (code === 0x0a || code === 0x0d || code === 0x09))) {
      code = this.text.charCodeAt(++this.at);
    }
    return code;
  }
}

const literals = ['true', 'false', 'null', 'NaN', 'Infinity', '-Infinity'];
