/**
 * Which slot of the drawn elements shows a row, so that elements are reused and not recreated. A step of a few rows
 * moves few elements; a jump to rows that share none with those before moves none at all, only their text changes.
 */
export class RowSlots {
  #first = 0;
  #origin = 0;

  /** To be called with the first row that is drawn. @param slots how many rows are drawn at most */
  moveTo(first: number, slots: number): void {
    const moved = first - this.#first;
    if (Math.abs(moved) >= slots) this.#origin += moved;
    this.#first = first;
  }

  /** The slot of a row; no two of the rows that are drawn have the same. */
  of(index: number, slots: number): number {
    return (((index - this.#origin) % slots) + slots) % slots;
  }
}
