import type { Draft } from '../draft.ts';
import type { Line } from '../line.ts';

/**
 * Reads a text that stood behind a header: JSON, pairs, or a line with a header of its own. It always takes the text,
 * if need be whole as the message.
 */
export type InnerReader = (text: string, draft: Draft) => void;

/**
 * What a text begins with: `{`, `<`, `[` or a letter; or a time and, behind it and a space, a capital, a small letter, a digit
 * or `[`, or a tab without a space (`timeOther`: anything else). `other` is all the rest, a time in brackets among it.
 */
export type Beginning =
  | 'brace'
  | 'angle'
  | 'bracket'
  | 'letter'
  | 'timeCapital'
  | 'timeSmall'
  | 'timeDigit'
  | 'timeBracket'
  | 'timeTab'
  | 'timeOther'
  | 'other';

/** Knows one family of text formats. */
export interface TextParser {
  /** The record's `parser`, and the name of its golden folder. */
  readonly name: string;
  /**
   * Reads the text into the draft.
   * @param readInner For what stands behind an envelope that says nothing of the level.
   * @returns false when the text is of another format; the draft is then as it was. It takes time linear in the
   * text's length at most, and little of it when the format is another.
   */
  read(line: Line, draft: Draft, readInner: InnerReader): boolean;
}

/**
 * A parser that says itself which texts are its own to try, before the parsers of anything that begins so. A new one is a
 * file here, a line in `parser-lists.ts` and a golden folder; an installation's own is one of its extensions.
 */
export interface AnchoredParser extends TextParser {
  readonly beginnings: readonly Beginning[];
}
