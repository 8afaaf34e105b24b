/** A key of more characters is not worth its memory. */
const longestKept = 64;
const mostKept = 1024;

/**
 * The encoded form of map keys that were written before. Attribute names repeat in nearly every record, and copying the
 * bytes is quicker than encoding the text again. When other names crowd in, it starts afresh.
 */
export class KeyCache {
  readonly #encoded = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.#encoded.get(key);
  }

  /** @param bytes Length and text; copied. */
  keep(key: string, bytes: Uint8Array): void {
    if (key.length > longestKept) return;
    if (this.#encoded.size >= mostKept) this.#encoded.clear();
    this.#encoded.set(key, Buffer.from(bytes));
  }
}
