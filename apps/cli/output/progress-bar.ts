import type { WriteStream } from 'node:tty';

const width = 30;

/** A bar on one line of a terminal; nothing where the stream is none. */
export class ProgressBar {
  readonly #stream: Pick<WriteStream, 'isTTY' | 'write' | 'columns'>;
  #shown = false;

  constructor(stream: Pick<WriteStream, 'isTTY' | 'write' | 'columns'>) {
    this.#stream = stream;
  }

  /** @param share what is done, 0 to 1; more counts as 1. */
  show(share: number, text: string): void {
    if (!this.#stream.isTTY) return;
    const full = Math.round(Math.min(1, share) * width);
    const bar = `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
    const line = `${bar} ${percentText(share).padStart(4)}  ${text}`;
    // A line that the terminal would break could not be written over.
    this.#stream.write(`\r\u001b[K${line.slice(0, (this.#stream.columns ?? 80) - 1)}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[K');
    this.#shown = false;
  }
}

/** Rounded down: 100% is said of what is done. */
export function percentText(share: number): string {
  return `${Math.floor(Math.min(1, share) * 100)}%`;
}
