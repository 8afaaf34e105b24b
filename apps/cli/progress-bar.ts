import type { WriteStream } from 'node:tty';

const width = 30;

/** A bar on one line of a terminal; nothing where the stream is none. */
export class ProgressBar {
  readonly #stream: Pick<WriteStream, 'isTTY' | 'write'>;
  readonly #unit: string;
  #shown = false;

  constructor(stream: Pick<WriteStream, 'isTTY' | 'write'>, unit: string) {
    this.#stream = stream;
    this.#unit = unit;
  }

  show(done: number, total: number, more: string): void {
    if (!this.#stream.isTTY) return;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const full = Math.round(share * width);
    const bar = `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
    this.#stream.write(`\r\u001b[K${bar} ${Math.floor(share * 100)} %  ${done} of ${total} ${this.#unit}, ${more}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[K');
    this.#shown = false;
  }
}
