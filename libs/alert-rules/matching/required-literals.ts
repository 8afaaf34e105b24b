import { foldCode } from './fold.ts';

/**
 * What must be in every text in which an RE2 expression finds something: at least one of these literals, ASCII, folded
 * as `foldCode` folds. Undefined when nothing can be said. Only ever errs by saying too little: flags change nothing
 * here, because literals are searched in any case and without regard to lines.
 *
 * The method is that of Go's and RE2's prefilters (https://swtch.com/~rsc/regexp/regexp4.html).
 */
export function requiredLiterals(pattern: string): readonly string[] | undefined {
  try {
    const parser = new Parser(pattern);
    const parts = parser.alternatives();
    return parser.atEnd ? required(parts) : undefined;
  } catch (error) {
    if (error instanceof Unfamiliar) return undefined;
    throw error;
  }
}

/** The better of two: the one whose shortest literal is longer, then the one with fewer. */
export function betterLiterals(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!one || !other) return one ?? other;
  const difference = shortest(one) - shortest(other);
  if (difference !== 0) return difference > 0 ? one : other;
  return one.length <= other.length ? one : other;
}

/** What an expression says about the text it matches. */
interface Parts {
  /** All texts it can match, where they are few; the empty one among them if it can match nothing. */
  readonly exact: readonly string[] | undefined;
  /** At least one of these is in each. */
  readonly needs: readonly string[] | undefined;
}

/** Something this parser does not know: RE2 may read it in a way that makes the rest mean something else. */
class Unfamiliar extends Error {}

const maxExact = 24;
const maxLiteral = 60;
const maxDepth = 100;
const anything: Parts = { exact: undefined, needs: undefined };
const nothing: Parts = { exact: [''], needs: undefined };

function shortest(literals: readonly string[]): number {
  return Math.min(...literals.map((literal) => literal.length));
}

function required({ exact, needs }: Parts): readonly string[] | undefined {
  return betterLiterals(needs, exact?.every((text) => text !== '') ? exact : undefined);
}

function concatenated(parts: readonly Parts[]): Parts {
  let needs: readonly string[] | undefined;
  let run: readonly string[] = [''];
  let whole = true;
  for (const part of parts) {
    const joined = part.exact && crossed(run, part.exact);
    if (joined) {
      run = joined;
      continue;
    }
    whole = false;
    needs = betterLiterals(betterLiterals(needs, required({ exact: run, needs: undefined })), required(part));
    run = [''];
    // What was too much to join may still begin the next run.
    if (part.exact && part.exact.length <= maxExact) run = part.exact;
  }
  return whole
    ? { exact: run, needs: undefined }
    : { exact: undefined, needs: betterLiterals(needs, required({ exact: run, needs: undefined })) };
}

function crossed(left: readonly string[], right: readonly string[]): readonly string[] | undefined {
  if (left.length * right.length > maxExact) return undefined;
  const joined = left.flatMap((start) => right.map((end) => start + end));
  return joined.some((text) => text.length > maxLiteral) ? undefined : [...new Set(joined)];
}

function alternated(parts: readonly Parts[]): Parts {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const exact = parts.every((part) => part.exact) ? [...new Set(parts.flatMap((part) => part.exact ?? []))] : undefined;
  if (exact && exact.length <= maxExact) return { exact, needs: undefined };
  const each = parts.map(required);
  return {
    exact: undefined,
    needs: each.every((literals) => literals) ? [...new Set(each.flatMap((literals) => literals ?? []))] : undefined,
  };
}

function repeated(part: Parts, least: number, most: number): Parts {
  if (most === 0) return nothing;
  if (least === 0) {
    const exact = part.exact && [...new Set([...part.exact, ''])];
    return most === 1 && exact && exact.length <= maxExact ? { exact, needs: undefined } : anything;
  }
  return most === 1 ? part : { exact: undefined, needs: required(part) };
}

class Parser {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get atEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  alternatives(): Parts {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new Unfamiliar();
    const branches = [this.#sequence()];
    while (this.#take('|')) branches.push(this.#sequence());
    this.#depth -= 1;
    return alternated(branches);
  }

  #sequence(): Parts {
    const parts: Parts[] = [];
    while (!this.atEnd && !this.#sees('|') && !this.#sees(')')) parts.push(...this.#quantified());
    return concatenated(parts);
  }

  #quantified(): readonly Parts[] {
    if (this.#take('\\Q')) return this.#quoted();
    let part = this.#atom();
    for (;;) {
      const range = this.#range();
      if (!range) return [part];
      part = repeated(part, range[0], range[1]);
      this.#take('?');
    }
  }

  #range(): readonly [least: number, most: number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const counted = this.#match(/\{(\d+)(,(\d*))?\}/y);
    if (!counted) return undefined;
    const [, least, comma, most] = counted;
    if (comma === undefined) return [Number(least), Number(least)];
    return [Number(least), most === '' || most === undefined ? Number.POSITIVE_INFINITY : Number(most)];
  }

  #atom(): Parts {
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return this.#characters();
    if (this.#take('^') || this.#take('$')) return nothing;
    if (this.#take('.')) return anything;
    if (this.#take('\\')) return this.#escaped();
    return literal(this.#next());
  }

  #group(): Parts {
    if (this.#match(/\?[imsU]*(-[imsU]+)?\)/y)) {
      // Flags are no atom: RE2 repeats what stands before them.
      if (this.#range()) throw new Unfamiliar();
      return nothing;
    }
    if (this.#take('?') && !this.#match(/[imsU]*(-[imsU]+)?:|P?<\w+>/y)) throw new Unfamiliar();
    const parts = this.alternatives();
    if (!this.#take(')')) throw new Unfamiliar();
    return parts;
  }

  /** A class of a few plain characters is as good as alternatives; of any other only the end matters. */
  #characters(): Parts {
    let plain = !this.#take('^');
    const members: string[] = [];
    for (let first = true; first || !this.#sees(']'); first = false) {
      if (this.atEnd) throw new Unfamiliar();
      if (this.#match(/\[:\^?\w+:\]/y)) plain = false;
      else if (this.#take('\\')) {
        plain = false;
        // Whatever it escapes: a bracket is taken with it, and what follows holds no bracket that ends the class.
        if (!this.#match(/[pP]\{[^}]*\}|x\{[^}]*\}/y)) this.#next();
      } else {
        const character = this.#next();
        if (character === '-') plain = false;
        members.push(character);
      }
    }
    this.#take(']');
    if (!plain || members.length > 8) return anything;
    return alternated(members.map(literal));
  }

  #escaped(): Parts {
    if (this.#match(/[bBAz]/y)) return nothing;
    if (this.#match(/[dDsSwW]|[pP](\{\^?\w+\}|[A-Z])/y)) return anything;
    if (this.#match(/[aftnrv]|x[0-9a-fA-F]{2}|x\{[0-9a-fA-F]+\}/y)) return anything;
    const character = this.#next();
    if (!/^[!-/:-@[-`{-~]$/.test(character)) throw new Unfamiliar();
    return literal(character);
  }

  /** `\Q…\E`; what quantifies it would quantify its last character, so it is left to RE2 whether that is allowed. */
  #quoted(): readonly Parts[] {
    const end = this.#pattern.indexOf('\\E', this.#at);
    const text = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    if (this.#range()) throw new Unfamiliar();
    return [...text].map(literal);
  }

  #next(): string {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) throw new Unfamiliar();
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
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
}

function literal(character: string): Parts {
  const code = character.length === 1 ? foldCode(character.charCodeAt(0)) : 0xffff;
  return code < 128 ? { exact: [String.fromCharCode(code)], needs: undefined } : anything;
}
