import type { Writable } from 'node:stream';

/** Progress and trouble go to stderr, so that stdout holds data alone. */
export function warn(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** `| head` closes the pipe when it has enough: that is no error. */
export function onBrokenPipe(stream: Writable, then: () => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') then();
    else throw error;
  });
}

/** Resolves when the stream takes more. */
export async function drained(stream: Writable): Promise<void> {
  if (stream.writableNeedDrain) await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
}

/**
 * What a terminal obeys or does not show, so that a text could move the cursor, hide a part of itself or look like another:
 * control characters, what turns the direction of writing, what has no width (tags, joiners, fillers), line separators
 * of Unicode, and halves of surrogate pairs. Sequences that make one emoji are first, and stay.
 */
const unseen = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]--[\t\n]]/v;
const emojiOrUnseen = /\p{RGI_Emoji}|[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]--[\t\n]]/gv;

/** Tabs and line ends stay. Emoji are looked for only where there is something to escape: they cost a hundred times as much. */
function escapeUnseen(text: string): string {
  if (!unseen.test(text)) return text;
  return text.replaceAll(emojiOrUnseen, (match) => {
    const [first = ''] = match;
    return first === match && unseen.test(match) ? unicodeEscape(match) : match;
  });
}

/** As JSON and JavaScript write it: `\u202e`; two of them for what is beyond 16 bits. */
function unicodeEscape(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

/**
 * Text from a log as a terminal may show it: what cannot be seen is made visible, so that a line can neither move the
 * cursor nor disguise itself. Tabs stay, and line ends of a stack trace, which go on indented.
 */
export function visible(text: string): string {
  return escapeUnseen(text.replaceAll(/\r\n?|\n/g, '\n    '));
}

/**
 * A value as JSON that a terminal may show: the same value to every program that reads it, with the escapes that JSON has
 * for what cannot be seen.
 * @param indent spaces a level; on one line when left out.
 */
export function jsonText(value: unknown, indent?: number): string {
  return escapeUnseen(JSON.stringify(value, undefined, indent));
}
