import type { LogFilter, LogLine } from '../api/generated.ts';
import { type Api, ApiError, messageOf } from '../api/http.ts';
import { LiveStream, type Socket, type SocketListener } from '../api/live-stream.ts';
import { SeenAttributes } from './completion.ts';
import { gapNote, holeNote } from './gap-note.ts';
import { LogBuffer } from './log-buffer.ts';
import { type CursorRange, lineRow, sortableTime } from './row.ts';
import { type Hole, Seam } from './seam.ts';
import { type Edge, nothingYet, type Snapshot } from './snapshot.ts';
import { pageLines, StoredLines, type StoredPage } from './stored-lines.ts';
import type { TimeView } from './view.ts';

export interface LiveSessionOptions {
  readonly api: Pick<Api, 'call'>;
  readonly project: string;
  readonly openSocket: (listener: SocketListener) => Socket;
  /** Runs work before the next picture is drawn, or later when it is not in sight: what came meanwhile is added at once. */
  readonly schedule: (work: () => void, isInSight: boolean) => void;
  readonly onAlert?: (alert: unknown) => void;
}

/** Rows kept while following. */
const capacity = 100_000;
/** The live stream begins this far back, by arrival: lines that are stored already and come again are shown once. */
const liveFrom = '-30s';
/** While nobody follows, this many new lines are kept beside those that are looked at; more wait at the server. */
const mostFresh = capacity / 2;
/** A hole at the seam of at most so many records is filled without being asked. */
const mostFilled = 50_000;
/** How far before and after a moment is looked for lines. */
const momentReachMs = 24 * 3_600_000;

const more: Edge = { kind: 'more' };
const loading: Edge = { kind: 'loading' };
const end: Edge = { kind: 'end' };

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
  /** Of the view: another one when an answer comes means that the answer is for an earlier view. */
  #stored: StoredLines | undefined;
  #seam = new Seam();
  #gaps = 0;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.#stream = new LiveStream({
      open: options.openSocket,
      onStart: (cursor) => this.#addHole(this.#seam.liveFrom(cursor)),
      onLines: (lines) => this.#take(lines),
      onGap: (gap) => this.#addNote(gapNote(gap), gap.reason === 'slow_viewer' ? gap : undefined),
      onBreak: (detail) =>
        this.#addNote(`The exact place to go on from is lost (${detail}); lines may be missing here.`, undefined),
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
    const { api, project } = this.#options;
    this.#filter = filter;
    this.#time = time;
    this.#pending = [];
    this.#seam = new Seam();
    const stored = new StoredLines(api, project, filter, firstRange(time));
    this.#stored = stored;
    this.buffer.clear();
    const isLive = time.kind === 'live';
    this.buffer.capacity = isLive ? capacity : capacity + mostFresh;
    this.#set({
      following: isLive,
      fresh: 0,
      older: more,
      newer: time.kind === 'at' ? more : end,
      problem: undefined,
      fetching: new Set(),
      reveal: undefined,
    });
    if (isLive) this.#stream.follow(filter, liveFrom);
    else this.#stream.unfollow();
    if (time.kind === 'at') void this.#loadAround(stored, time.at);
    else void this.loadOlder();
  }

  /** Follows the newest line, or stays where the person looks: then nothing that is kept goes for what comes. */
  setFollowing(following: boolean): void {
    if (following === this.#snapshot.following) return;
    this.#flush();
    this.buffer.capacity = following ? capacity : capacity + mostFresh;
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
    const stored = this.#stored;
    if (stored === undefined || (kind !== 'more' && kind !== 'failed')) return;
    if (this.buffer.length >= capacity - pageLines) {
      this.#set({ older: { kind: 'full' } });
      return;
    }
    this.#set({ older: loading });
    try {
      const page = await stored.older();
      if (stored !== this.#stored) return;
      this.#addStored(page.logs);
      this.#set({ older: page.older === null ? end : more });
      if (this.isLive) this.#joinLive(page);
    } catch (error) {
      if (stored === this.#stored) this.#set({ older: failed(error) });
    }
  }

  /** Reads a page of what is stored after the last row; at the end goes over to what comes live. */
  async loadNewer(): Promise<void> {
    const { kind } = this.#snapshot.newer;
    const stored = this.#stored;
    if (stored === undefined || (kind !== 'more' && kind !== 'failed')) return;
    this.#set({ newer: loading });
    try {
      const page = await stored.newer();
      if (stored !== this.#stored) return;
      this.#addStored(page.logs);
      if (page.complete && page.logs.length < pageLines) this.#goLive(page);
      else this.#set({ newer: more });
    } catch (error) {
      if (stored === this.#stored) this.#set({ newer: failed(error) });
    }
  }

  /** Puts the lines of a gap in its place. */
  async fetchGap(key: string): Promise<void> {
    const row = this.buffer.slice(0, this.buffer.length).find((each) => each.key === key);
    if (row?.kind !== 'gap' || row.gap === undefined || this.#snapshot.fetching.has(key)) return;
    const stored = this.#stored;
    this.#set({ fetching: new Set(this.#snapshot.fetching).add(key) });
    try {
      const lines = await this.#stream.fetch(row.gap);
      if (stored !== this.#stored) return;
      this.buffer.remove(key);
      this.#addStored(lines);
    } catch (error) {
      if (stored === this.#stored) this.#set({ problem: `The lines could not be loaded: ${messageOf(error)}` });
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
    this.#stored = undefined;
    this.#listeners.clear();
    this.#stream.close();
  }

  async #loadAround(stored: StoredLines, at: string): Promise<void> {
    this.#set({ older: loading, newer: loading });
    try {
      const before = await stored.begin({ from: startOf(at), to: 'now' });
      if (stored !== this.#stored) return;
      this.#addStored(before.logs);
      this.#set({ older: before.older === null ? end : more, newer: more });
      if (before.newer === null) {
        // Nothing before the moment: what comes after it is read from the present back.
        const { api, project } = this.#options;
        this.#stored = new StoredLines(api, project, this.#filter, { from: at, to: 'now' });
        this.#set({ older: more, newer: end });
        this.#stream.follow(this.#filter, liveFrom);
        await this.loadOlder();
        return;
      }
      await this.loadNewer();
      const place = this.buffer.at(Math.min(this.buffer.firstAt(sortableTime(at)), this.buffer.length - 1));
      if (stored === this.#stored && place) this.#set({ reveal: { row: place } });
    } catch (error) {
      if (stored === this.#stored) this.#set({ older: failed(error), newer: failed(error) });
    }
  }

  #goLive(page: StoredPage): void {
    this.#set({ newer: end });
    this.#joinLive(page);
    this.#stream.follow(this.#filter, liveFrom);
  }

  /** Sees that nothing is missing between what the database had and what comes live. */
  #joinLive(page: StoredPage): void {
    const [newest] = page.logs;
    if (page.live_from === null) return;
    this.#addHole(this.#seam.storedUpTo(page.live_from, newest ? sortableTime(newest.timestamp) : ''));
  }

  #take(lines: readonly LogLine[]): void {
    for (const line of lines) this.#pending.push(line);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.schedule(() => {
      this.#scheduled = false;
      this.#flush();
    }, this.#snapshot.following);
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

  #addHole(hole: Hole | undefined): void {
    if (hole === undefined) return;
    const key = this.#addNote(holeNote, hole, hole.time);
    if (hole.records <= mostFilled) void this.fetchGap(key);
  }

  /** A row that says what is missing: behind the last one, unless a time is given. @returns its key */
  #addNote(note: string, gap: CursorRange | undefined, at?: string): string {
    this.#flush();
    this.#gaps += 1;
    const key = `gap ${this.#gaps}`;
    const last = this.buffer.at(this.buffer.length - 1);
    const time = at ?? last?.time ?? sortableTime(new Date().toISOString());
    this.buffer.add([{ kind: 'gap', key, time, gap, note }]);
    this.#set({});
    return key;
  }

  #set(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
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
  return { kind: 'failed', reason: away + messageOf(error) };
}
