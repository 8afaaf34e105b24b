import type { Draft } from '../draft.ts';
import type { Line } from '../line.ts';

/** Knows one family of text formats. A new one is a file here, an entry in `text-parsers.ts` and a golden folder. */
export interface TextParser {
  /** The record's `parser`, and the name of its golden folder. */
  readonly name: string;
  /**
   * Reads the text into the draft.
   * @returns false when the text is of another format; the draft is then as it was. It takes time linear in the
   * text's length at most, and little of it when the format is another.
   */
  read(line: Line, draft: Draft): boolean;
}
