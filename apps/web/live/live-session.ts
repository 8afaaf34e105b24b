import type { Gap, LiveStatus } from '../api/frames.ts';
import type { LogFilter, LogLine } from '../api/generated.ts';
import { type Api, ApiError, messageOf } from '../api/http.ts';
import { LiveStream, type Socket, type SocketListener, type StreamState } from '../api/live-stream.ts';
import { SeenAttributes } from './completion.ts';
import { LogBuffer } from './log-buffer.ts';
import { lineRow, type Row, sortableTime } from './row.ts';
import type { TimeView } from './view.ts';

/** What there is beyond an end of the rows. */
export type Edge =
  | { readonly kind: 'more' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'end' }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly reason: string };

/** What the page draws, apart from the rows themselves. A new object whenever something changed. */
export interface Snapshot {
  readonly stream: StreamState;
  /** Whether the newest line stays in sight. */
  readonly following: boolean;
  /** Lines that came while not following. */
  readonly fresh: number;
  readonly older: Edge;
  readonly newer: Edge;
  readonly statuses: ReadonlyMap<string, LiveStatus>;
  /** What the server says is wrong, such as with an expression. */
  readonly problem: string | undefined;
  /** Keys of gaps that are being fetched. */
  readonly fetching: ReadonlySet<string>;
  /** A row to bring into sight; a new object each time. */
  readonly reveal: { readonly row: Row } | undefined;
}

export interface LiveSessionOptions {
  readonly api: Pick<Api, 'call'>;
  readonly project: string;
  readonly openSocket: (listener: SocketListener) => Socket;
  /** Runs work before the next picture is drawn: what came meanwhile is added at once. */
  readonly schedule: (work: () => void) => void;
  readonly onAlert?: (alert: unknown) => void;
}

/** Rows kept. */
const capacity = 100_000;
/** Lines of one page of what is stored. */
const pageLines = 500;
/**
 * The live stream begins this far back, by arrival: the database may have lines of the last moments not yet, and those
 * that come twice are shown once.
 */
const seam = '-30s';
/** While nobody follows, more new lines than this wait at the server. */
const mostFresh = capacity / 2;
/** How far before and after a moment is looked for lines. */
const momentReachMs = 24 * 3_600_000;

const more: Edge = { kind: 'more' };
const loading: Edge = { kind: 'loading' };
const end: Edge = { kind: 'end' };

const nothingYet: Snapshot = {
  stream: { kind: 'idle' },
  following: true,
  fresh: 0,
  older: end,
  newer: end,
  statuses: new Map(),
  problem: undefined,
  fetching: new Set(),
  reveal: undefined,
};

/**
 * The lines of one project under one filter: those stored, page by page, and those that come, in one order of time.
 * Framework-free; the page subscribes to its snapshots.
 */
export class LiveSession {
  readonly buffer = new LogBuffer(capacity);
  readonly seen = new SeenAttributes();
  readonly #options: LiveSessionOptions;
  readonly #stream: LiveStream;
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot = nothingYet;
  #pending: LogLine[] = [];
  #scheduled = false;
  #filter: LogFilter = {};
  #time: TimeView = { kind: 'live', span: '-15m' };
  #range = { from: '', to: '' };
  #cursors: { older: string | undefined; newer: string | undefined } = { older: undefined, newer: undefined };
  /** Counts views, so that an answer for an earlier one is not taken. */
  #turn = 0;
  #gaps = 0;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.#stream = new LiveStream({
      open: options.openSocket,
      onLines: (lines) => this.#take(lines),
      onGap: (gap) => this.#addGap(gap),
      onBreak: (detail) => this.#addBreak(detail),
      onStatus: (status) => this.#set({ statuses: new Map(this.#snapshot.statuses).set(status.id, status) }),
      onState: (stream) => this.#set({ stream }),
      onError: (_code, detail) => this.#set({ problem: detail }),
      ...(options.onAlert && { onAlert: options.onAlert }),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot => this.#snapshot;

  /** Shows another filter or part of time, from nothing. */
  show(filter: LogFilter, time: TimeView): void {
    this.#turn += 1;
    this.#filter = filter;
    this.#time = time;
    this.#pending = [];
    this.#cursors = { older: undefined, newer: undefined };
    this.buffer.clear();
    const live = time.kind === 'live';
    this.#set({
      following: live,
      fresh: 0,
      older: more,
      newer: time.kind === 'at' ? more : end,
      problem: undefined,
      fetching: new Set(),
      reveal: undefined,
    });
    if (live) this.#stream.follow(filter, seam);
    else this.#stream.unfollow();
    if (time.kind === 'at') void this.#loadAround(time.at);
    else {
      this.#range = time.kind === 'range' ? { from: time.from, to: time.to } : { from: time.span, to: 'now' };
      void this.loadOlder();
    }
  }

  /** Follows the newest line, or stays where the person looks. */
  setFollowing(following: boolean): void {
    if (following === this.#snapshot.following) return;
    if (following) this.#stream.resume();
    this.#set({ following, fresh: 0 });
  }

  /** Whether lines still come at the end. */
  get isLive(): boolean {
    return this.#time.kind === 'live' || (this.#time.kind === 'at' && this.#snapshot.newer.kind === 'end');
  }

  /** Reads a page of what is stored before the first row. */
  async loadOlder(): Promise<void> {
    const { kind } = this.#snapshot.older;
    if (kind !== 'more' && kind !== 'failed') return;
    if (this.buffer.length >= capacity - pageLines) {
      this.#set({ older: { kind: 'full' } });
      return;
    }
    const turn = this.#turn;
    this.#set({ older: loading });
    try {
      const page = await this.#page({ before: this.#cursors.older });
      if (turn !== this.#turn) return;
      this.#cursors.older = page.older ?? undefined;
      this.#addStored(page.logs);
      this.#set({ older: page.older === null ? end : more });
    } catch (error) {
      if (turn === this.#turn) this.#set({ older: failed(error) });
    }
  }

  /** Reads a page of what is stored after the last row; at the end goes over to what comes live. */
  async loadNewer(): Promise<void> {
    const { kind } = this.#snapshot.newer;
    if (kind !== 'more' && kind !== 'failed') return;
    const turn = this.#turn;
    this.#set({ newer: loading });
    try {
      const page = await this.#page({ after: this.#cursors.newer });
      if (turn !== this.#turn) return;
      this.#cursors.newer = page.newer ?? this.#cursors.newer;
      this.#addStored(page.logs);
      if (page.complete && page.logs.length < pageLines) {
        this.#set({ newer: end });
        this.#stream.follow(this.#filter, seam);
      } else this.#set({ newer: more });
    } catch (error) {
      if (turn === this.#turn) this.#set({ newer: failed(error) });
    }
  }

  /** Puts the lines of a gap in its place. */
  async fetchGap(key: string): Promise<void> {
    const row = this.buffer.slice(0, this.buffer.length).find((each) => each.key === key);
    if (row?.kind !== 'gap' || row.gap === undefined || this.#snapshot.fetching.has(key)) return;
    const turn = this.#turn;
    this.#set({ fetching: new Set(this.#snapshot.fetching).add(key) });
    try {
      const lines = await this.#stream.fetch(row.gap);
      if (turn !== this.#turn) return;
      this.buffer.remove(key);
      this.#addStored(lines);
    } catch (error) {
      if (turn === this.#turn) this.#set({ problem: `The lines could not be loaded: ${messageOf(error)}` });
    } finally {
      const fetching = new Set(this.#snapshot.fetching);
      fetching.delete(key);
      this.#set({ fetching });
    }
  }

  reconnectNow(): void {
    this.#stream.reconnectNow();
  }

  close(): void {
    this.#turn += 1;
    this.#listeners.clear();
    this.#stream.close();
  }

  async #loadAround(at: string): Promise<void> {
    const turn = this.#turn;
    const moment = Date.parse(at);
    this.#set({ older: loading, newer: loading });
    this.#range = { from: new Date(moment - momentReachMs).toISOString(), to: at };
    try {
      const before = await this.#page({});
      if (turn !== this.#turn) return;
      this.#range = { from: this.#range.from, to: 'now' };
      this.#cursors = { older: before.older ?? undefined, newer: before.newer ?? undefined };
      this.#addStored(before.logs);
      this.#set({ older: before.older === null ? end : more, newer: more });
      if (before.newer === null) {
        // Nothing before the moment: what comes after it is the oldest there is.
        this.#range = { from: at, to: 'now' };
        this.#set({ newer: end });
        this.#stream.follow(this.#filter, seam);
        return;
      }
      await this.loadNewer();
      const place = this.buffer.at(Math.min(this.buffer.firstAt(sortableTime(at)), this.buffer.length - 1));
      if (turn === this.#turn && place) this.#set({ reveal: { row: place } });
    } catch (error) {
      if (turn === this.#turn) this.#set({ older: failed(error), newer: failed(error) });
    }
  }

  #page(cursor: { readonly before?: string | undefined; readonly after?: string | undefined }) {
    return this.#options.api.call('GET stream/{project_id}', {
      path: { project_id: this.#options.project },
      query: { filter: JSON.stringify(this.#filter), ...this.#range, limit: pageLines, ...cursor },
    });
  }

  #take(lines: readonly LogLine[]): void {
    for (const line of lines) this.#pending.push(line);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.schedule(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const lines = this.#pending;
    this.#pending = [];
    if (lines.length === 0) return;
    const added = this.#add(lines);
    const { following, fresh } = this.#snapshot;
    this.#set({ fresh: following ? 0 : fresh + added });
    if (!following && fresh + added > mostFresh) this.#stream.pause();
  }

  #addStored(lines: readonly LogLine[]): void {
    this.#add(lines);
    this.#set({});
  }

  #add(lines: readonly LogLine[]): number {
    // A few of many are enough to know the names and values.
    const step = Math.max(1, Math.floor(lines.length / 50));
    for (let index = 0; index < lines.length; index += step) this.seen.see(lines[index] as LogLine);
    return this.buffer.add(lines.map(lineRow));
  }

  #addGap(gap: Gap): void {
    this.#flush();
    const count = gap.matched === null ? 'Lines' : `${gap.matched.toLocaleString('en')} lines`;
    const note =
      gap.reason === 'slow_viewer'
        ? `${count} were left out here: they came faster than this page took them.`
        : 'Lines are missing here: they are older than what the live stream keeps. Stored ones may be found by time.';
    this.#addNote(note, gap.reason === 'slow_viewer' ? gap : undefined);
  }

  #addBreak(detail: string): void {
    this.#flush();
    this.#addNote(`The exact place to go on from is lost (${detail}); lines may be missing here.`, undefined);
  }

  #addNote(note: string, gap: Gap | undefined): void {
    this.#gaps += 1;
    const last = this.buffer.at(this.buffer.length - 1);
    const time = last?.time ?? sortableTime(new Date().toISOString());
    this.buffer.add([{ kind: 'gap', key: `gap ${this.#gaps}`, time, gap, note }]);
    this.#set({});
  }

  #set(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function failed(error: unknown): Edge {
  const away = error instanceof ApiError && error.status === 503 ? 'Stored lines cannot be read now: ' : '';
  return { kind: 'failed', reason: away + messageOf(error) };
}
