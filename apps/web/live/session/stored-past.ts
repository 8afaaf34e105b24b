import { ApiError } from '@tailrace/http/client/api-error.ts';
import type { LogFilter, LogLine } from '@tailrace/http/contract/generated.ts';
import { type Api, messageOf } from '../../api/http.ts';
import type { TimeView } from '../query/view.ts';
import { inPlainWords, type Refusal, refusalOf } from './refusal.ts';
import type { Edge } from './snapshot.ts';
import { pageLines, StoredLines, type StoredPage } from './stored-lines.ts';

export interface StoredPastOptions {
  readonly api: Pick<Api, 'call'>;
  readonly project: string;
  readonly filter: LogFilter;
  readonly time: TimeView;
  /** Whether no more rows are kept. */
  readonly isFull: () => boolean;
  readonly onLines: (lines: readonly LogLine[]) => void;
  readonly onEdges: (edges: { readonly older?: Edge; readonly newer?: Edge }) => void;
  /** Called with a page after which lines come live: the newest of the past. */
  readonly onPresent: (page: StoredPage) => void;
  /** Called when the server takes the filter or the time for wrong: there is nothing to show. */
  readonly onRefused: (refusal: Refusal) => void;
}

/** How far before and after a moment is looked for lines. */
const momentReachMs = 24 * 3_600_000;
/** How far after a moment is looked, one after the other, where there is nothing before it. */
const afterReachesMs = [1000, 60_000, 3_600_000, momentReachMs, 14 * momentReachMs];

const more: Edge = { kind: 'more' };
const loading: Edge = { kind: 'loading' };
const end: Edge = { kind: 'end' };

/** The stored lines of one view, and what there is beyond their two ends. Says nothing any more once it is closed. */
export class StoredPast {
  readonly #options: StoredPastOptions;
  #stored: StoredLines;
  #older: Edge = more;
  #newer: Edge;
  #closed = false;

  constructor(options: StoredPastOptions) {
    this.#options = options;
    this.#newer = options.time.kind === 'at' ? more : end;
    this.#stored = this.#from(firstRange(options.time));
  }

  /** Reads the first page: the newest, or those around the moment. */
  async begin(): Promise<void> {
    const { time } = this.#options;
    this.#set({ older: this.#older, newer: this.#newer });
    if (time.kind === 'at') await this.#loadAround(time.at);
    else await this.loadOlder();
  }

  /** Whether nothing newer is stored than what has been read. */
  get isRead(): boolean {
    return this.#newer.kind === 'end';
  }

  /** Reads a page before the first row. */
  async loadOlder(): Promise<void> {
    if (this.#older.kind !== 'more' && this.#older.kind !== 'failed') return;
    if (this.#options.isFull()) {
      this.#set({ older: { kind: 'full' } });
      return;
    }
    this.#set({ older: loading });
    try {
      const page = await this.#stored.older();
      if (this.#closed) return;
      this.#options.onLines(page.logs);
      this.#set({ older: page.older === null ? end : more });
      if (this.isRead) this.#options.onPresent(page);
    } catch (error) {
      this.#failed(error, { older: failed(error) });
    }
  }

  /** Reads a page after the last row; the last of them ends at the present. */
  async loadNewer(): Promise<void> {
    if (this.#newer.kind !== 'more' && this.#newer.kind !== 'failed') return;
    this.#set({ newer: loading });
    try {
      const page = await this.#stored.newer();
      if (this.#closed) return;
      this.#options.onLines(page.logs);
      const isLast = page.complete && page.logs.length < pageLines;
      this.#set({ newer: isLast ? end : more });
      if (isLast) this.#options.onPresent(page);
    } catch (error) {
      this.#set({ newer: failed(error) });
    }
  }

  close(): void {
    this.#closed = true;
  }

  async #loadAround(at: string): Promise<void> {
    this.#set({ older: loading, newer: loading });
    try {
      const before = await this.#stored.begin({ from: startOf(at), to: 'now' });
      if (this.#closed) return;
      if (before.newer === null) {
        const after = await this.#firstAfter(at);
        if (this.#closed) return;
        if (after) {
          await this.#goOnFrom(after);
          return;
        }
        // Nothing near the moment: what comes after it is read from the present back.
        this.#stored = this.#from({ from: at, to: 'now' });
        this.#set({ older: more, newer: end });
        await this.loadOlder();
        return;
      }
      await this.#goOnFrom(before);
    } catch (error) {
      this.#failed(error, { older: failed(error), newer: failed(error) });
    }
  }

  /** Shows what is on this side of the moment, and reads the other. */
  async #goOnFrom(page: StoredPage): Promise<void> {
    this.#options.onLines(page.logs);
    this.#set({ older: page.older === null ? end : more, newer: more });
    await this.loadNewer();
  }

  /** The lines right after the moment, where none is before it. */
  async #firstAfter(at: string): Promise<StoredPage | undefined> {
    for (const reachMs of afterReachesMs) {
      const to = Date.parse(at) + reachMs;
      if (to >= Date.now()) return undefined;
      this.#stored = this.#from({ from: at, to: new Date(to).toISOString() });
      const page = await this.#stored.begin({ from: at, to: 'now' });
      if (this.#closed || page.newer !== null) return page;
    }
    return undefined;
  }

  #failed(error: unknown, edges: { readonly older?: Edge; readonly newer?: Edge }): void {
    const refusal = refusalOf(error);
    if (refusal === undefined || this.#closed) this.#set(edges);
    else this.#options.onRefused(refusal);
  }

  #from(range: { readonly from: string; readonly to: string }): StoredLines {
    const { api, project, filter } = this.#options;
    return new StoredLines(api, project, filter, range);
  }

  #set(edges: { readonly older?: Edge; readonly newer?: Edge }): void {
    if (this.#closed) return;
    this.#older = edges.older ?? this.#older;
    this.#newer = edges.newer ?? this.#newer;
    this.#options.onEdges(edges);
  }
}

function firstRange(time: TimeView) {
  if (time.kind === 'at') return { from: startOf(time.at), to: time.at };
  return time.kind === 'range' ? { from: time.from, to: time.to } : { from: time.span, to: 'now' };
}

function startOf(moment: string): string {
  return new Date(Date.parse(moment) - momentReachMs).toISOString();
}

function failed(error: unknown): Edge {
  const away = error instanceof ApiError && error.status === 503 ? 'Stored lines cannot be read now: ' : '';
  return { kind: 'failed', reason: away + inPlainWords(messageOf(error)) };
}
