/**
 * Events in the order their cloud returns them. Most arrive in order and are appended; a late one is inserted at its
 * place, and one that was read past stays past: a page token is a position in this order, not a snapshot.
 */
export class SortedEvents<Event> {
  #events: Event[] = [];
  readonly #compare: (a: Event, b: Event) => number;

  constructor(compare: (a: Event, b: Event) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#events.length;
  }

  insert(event: Event): void {
    const last = this.#events.at(-1);
    if (last === undefined || this.#compare(last, event) <= 0) this.#events.push(event);
    else
      this.#events.splice(
        this.#firstWhere((other) => this.#compare(other, event) > 0),
        0,
        event,
      );
  }

  /** In order, from the first event for which `reached` holds. It must hold for all events after that one, too. */
  *from(reached: (event: Event) => boolean): Generator<Event> {
    for (let index = this.#firstWhere(reached); index < this.#events.length; index += 1) {
      yield this.#events[index]!;
    }
  }

  /** In reverse order, from the last event for which `within` holds. It must hold for all events before it, too. */
  *backFrom(within: (event: Event) => boolean): Generator<Event> {
    for (let index = this.#firstWhere((event) => !within(event)) - 1; index >= 0; index -= 1) {
      yield this.#events[index]!;
    }
  }

  /** Forgets the events the predicate chooses. */
  remove(chosen: (event: Event) => boolean): void {
    this.#events = this.#events.filter((event) => !chosen(event));
  }

  #firstWhere(reached: (event: Event) => boolean): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(this.#events[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
