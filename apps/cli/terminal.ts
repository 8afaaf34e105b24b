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
 * Text from a log as a terminal may show it: control characters, escape sequences and what turns the direction of
 * writing are made visible, so that a line can neither move the cursor nor disguise itself. Line ends of a stack trace
 * stay, and go on indented.
 */
export function visible(text: string): string {
  return text.replaceAll(/\r\n?|\n/g, '\n    ').replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
