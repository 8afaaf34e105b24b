import { alternated, concatenated, empty, one, type Piece, repeated } from './regex-piece.ts';

/** What an RE2 expression would cost, known before anything is compiled. */
export interface RegexReading {
  /**
   * Instructions of the program, at most, classes of many ranges counting for more. Counted repetitions are written
   * out, so `(a{30}){30}` has 900.
   */
  readonly size: number;
  /** What reading its character classes costs, about: 60 ns each. */
  readonly classWork: number;
  /** Classes whose names only RE2's tables can judge, in the order in which they stand. */
  readonly namedClasses: readonly RegexPlace[];
}

export interface RegexPlace {
  /** UTF-16 units before it. */
  readonly at: number;
  readonly text: string;
}

/** What is wrong with an expression, and where it stands. */
export interface RegexFault extends RegexPlace {
  readonly kind: RegexFaultKind;
}

export type RegexFaultKind =
  | 'group-not-closed'
  | 'group-not-opened'
  | 'group-unknown'
  | 'group-name'
  | 'group-name-twice'
  | 'lookaround'
  | 'class-not-closed'
  | 'class-unknown'
  | 'range-backwards'
  | 'repeat-nothing'
  | 'repeat-repeat'
  | 'repeat-count'
  | 'escape-unknown'
  | 'backreference'
  | 'backslash-at-end';

/**
 * Reads an expression in RE2's syntax (https://github.com/google/re2/wiki/Syntax) in time linear in its length,
 * without expanding anything. It refuses what RE2 refuses, and knows the place; names of Unicode and POSIX classes are
 * left to RE2.
 *
 * @param ignoreCase as if it began with `(?i)`
 */
export function readRegex(pattern: string, ignoreCase = false): RegexReading | { readonly fault: RegexFault } {
  try {
    return new RegexReader(pattern, ignoreCase).read();
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault };
    throw error;
  }
}

/** A group that is being read, or the whole. */
interface Frame {
  readonly at: number;
  readonly capturing: boolean;
  /** Of what is around it: flags end with their group. */
  readonly ignoreCase: boolean;
  readonly branches: Piece[];
  items: Piece[];
}

class Fault extends Error {
  readonly fault: RegexFault;

  constructor(fault: RegexFault) {
    super(fault.kind);
    this.fault = fault;
  }
}

const maxCopies = 1000;
/** RE2's tables have no class of more ranges. */
const rangesOfNamed = 800;
const workOfNamed = 5000;
/** Ranges that make a class as costly to match as one more instruction. */
const rangesAnInstruction = 64;
/** Letters with another case lie between these. */
const [firstFolding, lastFolding] = [0x41, 0x1e943];

/** Recursive descent over RE2's syntax in one file: every construct reads from the same position and adds to the same frame. */
class RegexReader {
  readonly #pattern: string;
  readonly #names = new Set<string>();
  readonly #namedClasses: RegexPlace[] = [];
  readonly #frames: Frame[];
  #at = 0;
  #ignoreCase: boolean;
  #classWork = 0;

  constructor(pattern: string, ignoreCase: boolean) {
    this.#pattern = pattern;
    this.#ignoreCase = ignoreCase;
    this.#frames = [{ at: 0, capturing: false, ignoreCase, branches: [], items: [] }];
  }

  read(): RegexReading {
    let repeatedAt: number | undefined;
    while (this.#at < this.#pattern.length) {
      const begin = this.#at;
      const repeats = this.#repetition(repeatedAt);
      if (!repeats) this.#element();
      repeatedAt = repeats ? begin : undefined;
    }
    const frame = this.#frame;
    if (this.#frames.length > 1) throw this.#fault('group-not-closed', frame.at, this.#pattern.length);
    // Besides the parts: one that fails, and one that matches.
    return {
      size: alternated([...frame.branches, concatenated(frame.items)]).size + 2,
      classWork: this.#classWork,
      namedClasses: this.#namedClasses,
    };
  }

  get #frame(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame;
  }

  #element(): void {
    const { items } = this.#frame;
    const begin = this.#at;
    if (this.#take('\\Q')) this.#quoted();
    else if (this.#take('(')) this.#group(begin);
    else if (this.#take(')')) this.#closeGroup(begin);
    else if (this.#take('|')) this.#nextBranch();
    else if (this.#take('[')) items.push(this.#class(begin));
    else if (this.#take('^') || this.#take('$')) items.push(empty);
    else if (this.#match(/\\[AbBz]/y)) items.push(empty);
    else if (this.#namedClass() || this.#match(/\\[dDsSwW]/y)) items.push(this.#namedPiece(begin));
    else {
      if (this.#sees('\\')) this.#escape();
      else this.#next();
      items.push(one);
    }
  }

  /** A repetition of the last item. @returns whether there is one. */
  #repetition(repeatedAt: number | undefined): boolean {
    const begin = this.#at;
    const range = this.#range();
    if (!range) return false;
    this.#take('?');
    if (repeatedAt !== undefined) throw this.#fault('repeat-repeat', repeatedAt);
    const { items } = this.#frame;
    const item = items.pop();
    if (!item) throw this.#fault('repeat-nothing', begin);
    const [least, most] = range;
    const piece = repeated(item, least, most);
    if ((least >= 2 || (most >= 2 && most < Number.POSITIVE_INFINITY)) && piece.copies > maxCopies)
      throw this.#fault('repeat-count', begin);
    items.push(piece);
    return true;
  }

  #range(): readonly [least: number, most: number] | undefined {
    const begin = this.#at;
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    // Anything else that begins with a brace is text.
    const counted = this.#match(/\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/y);
    if (!counted) return undefined;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : Number(counted[3] ?? Number.POSITIVE_INFINITY);
    if (least > maxCopies || most < least || (most > maxCopies && most !== Number.POSITIVE_INFINITY))
      throw this.#fault('repeat-count', begin);
    return [least, most];
  }

  #group(at: number): void {
    const { ignoreCase } = { ignoreCase: this.#ignoreCase };
    const open = (capturing: boolean) => this.#frames.push({ at, capturing, ignoreCase, branches: [], items: [] });
    if (!this.#take('?')) {
      open(true);
      return;
    }
    if (this.#match(/<?[=!]|>/y)) throw this.#fault('lookaround', at);
    if (this.#match(/P?</y)) {
      this.#groupName(at);
      open(true);
      return;
    }
    const flags = this.#match(/([imsU]*)(-[imsU]+)?([:)])/y);
    if (!flags) throw this.#fault('group-unknown', at, at + 3);
    const [, on = '', off = '', end] = flags;
    if (end === ':') open(false);
    if (on.includes('i')) this.#ignoreCase = true;
    if (off.includes('i')) this.#ignoreCase = false;
  }

  #groupName(at: number): void {
    const end = this.#pattern.indexOf('>', this.#at);
    const name = this.#pattern.slice(this.#at, Math.max(end, this.#at));
    if (!/^\w+$/.test(name)) throw this.#fault('group-name', at, end < 0 ? this.#pattern.length : end + 1);
    this.#at = end + 1;
    if (this.#names.has(name)) throw this.#fault('group-name-twice', at);
    this.#names.add(name);
  }

  #closeGroup(at: number): void {
    const closed = this.#frame;
    if (this.#frames.length === 1) throw this.#fault('group-not-opened', at);
    this.#frames.pop();
    this.#ignoreCase = closed.ignoreCase;
    const piece = alternated([...closed.branches, concatenated(closed.items)]);
    this.#frame.items.push(closed.capturing ? { ...piece, size: piece.size + 2 } : piece);
  }

  #nextBranch(): void {
    const frame = this.#frame;
    frame.branches.push(concatenated(frame.items));
    frame.items = [];
  }

  #quoted(): void {
    const end = this.#pattern.indexOf('\\E', this.#at);
    const text = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    for (const _ of text) this.#frame.items.push(one);
  }

  #class(at: number): Piece {
    this.#take('^');
    let ranges = 1;
    for (let first = true; first || !this.#sees(']'); first = false) {
      if (this.#posixClass() || this.#match(/\\[dDsSwW]/y)) ranges += 4;
      else if (this.#namedClass()) ranges += rangesOfNamed;
      else ranges += this.#classRange(at);
    }
    this.#take(']');
    return { ...one, size: 1 + Math.floor(ranges / rangesAnInstruction) };
  }

  #classRange(classAt: number): number {
    const begin = this.#at;
    const low = this.#classCharacter(classAt);
    if (!this.#sees('-') || this.#sees('-]')) return 2;
    this.#take('-');
    const high = this.#classCharacter(classAt);
    if (high < low) throw this.#fault('range-backwards', begin);
    if (!this.#ignoreCase) return 1;
    const folded = Math.max(0, Math.min(high, lastFolding) - Math.max(low, firstFolding) + 1);
    if (low <= firstFolding && high >= lastFolding) return 1;
    this.#classWork += folded;
    // Most lie beside each other again.
    return 2 + Math.min(Math.floor(folded / 8), rangesOfNamed);
  }

  #classCharacter(classAt: number): number {
    if (this.#at >= this.#pattern.length) throw this.#fault('class-not-closed', classAt, this.#pattern.length);
    return this.#sees('\\') ? this.#escape() : this.#next();
  }

  #posixClass(): boolean {
    const end = this.#sees('[:') ? this.#pattern.indexOf(':]', this.#at) : -1;
    if (end < 0) return false;
    this.#namedClasses.push({ at: this.#at, text: this.#pattern.slice(this.#at, end + 2) });
    this.#at = end + 2;
    return true;
  }

  #namedClass(): boolean {
    const at = this.#at;
    if (!this.#match(/\\[pP]/y)) return false;
    if (this.#at >= this.#pattern.length) throw this.#fault('class-unknown', at);
    if (this.#next() === 0x7b) {
      const end = this.#pattern.indexOf('}', this.#at);
      if (end < 0) throw this.#fault('class-unknown', at, this.#pattern.length);
      this.#at = end + 1;
    }
    this.#classWork += workOfNamed;
    this.#namedClasses.push({ at, text: this.#pattern.slice(at, this.#at) });
    return true;
  }

  #namedPiece(at: number): Piece {
    const isTable = /[pP]/.test(this.#pattern.charAt(at + 1));
    return isTable ? { ...one, size: 1 + Math.floor(rangesOfNamed / rangesAnInstruction) } : one;
  }

  /** An escape that stands for one character. @returns its code point. */
  #escape(): number {
    const at = this.#at;
    this.#take('\\');
    if (this.#at >= this.#pattern.length) throw this.#fault('backslash-at-end', at);
    const octal = this.#match(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
    if (octal) return Number.parseInt(octal[0], 8);
    const hexadecimal = this.#match(/x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/y);
    const code = Number.parseInt(hexadecimal?.[1] ?? hexadecimal?.[2] ?? '', 16);
    if (code <= 0x10ffff) return code;
    if (hexadecimal) throw this.#fault('escape-unknown', at);
    const control = 'aftnrv'.indexOf(this.#pattern.charAt(this.#at));
    const character = this.#next();
    if (control >= 0) return [7, 12, 9, 10, 13, 11][control] as number;
    const text = String.fromCodePoint(character);
    if (/^[\0-\x7f]$/.test(text) && !/^[0-9A-Za-z]$/.test(text)) return character;
    throw this.#fault(/^[1-9]$/.test(text) ? 'backreference' : 'escape-unknown', at);
  }

  #next(): number {
    const code = this.#pattern.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }

  #sees(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    const seen = this.#sees(text);
    if (seen) this.#at += text.length;
    return seen;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#pattern);
    if (found) this.#at = sticky.lastIndex;
    return found;
  }

  #fault(kind: RegexFaultKind, at: number, end = this.#at): Fault {
    return new Fault({ kind, at, text: this.#pattern.slice(at, end) });
  }
}
