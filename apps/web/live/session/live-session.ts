import type { Socket, SocketListener } from '@tailrace/http/client/lasting-socket.ts';
import { LiveStream } from '@tailrace/http/client/live-stream.ts';
import type { CursorRange } from '@tailrace/http/client/stream-parts.ts';
import type { LogFilter, LogLine } from '@tailrace/http/contract/generated.ts';
import { type Api, messageOf } from '../../api/http.ts';
import { SeenAttributes } from '../query/completion.ts';
import type { TimeView } from '../query/view.ts';
import { gapNote, holeNote } from './gap-note.ts';
import { LogBuffer } from './log-buffer.ts';
import { inPlainWords, type Refusal } from './refusal.ts';
import { lineRow, type RowGap, sortableTime } from './row.ts';
import { type Hole, Seam } from './seam.ts';
import { type Edge, nothingYet, type Snapshot } from './snapshot.ts';
import { pageLines, type StoredPage } from './stored-lines.ts';
import { StoredPast } from './stored-past.ts';

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
const full: Edge = { kind: 'full' };
/** A line that took longer than this from the event to us is late. */
const lateMs = 30_000;
/** A hole at the seam of at most so many records is filled without being asked. */
const mostFilled = 50_000;
/**
 * The lines of one project under one filter: those stored, page by page, and those that come, in one order of time.
 * Framework-free; the page subscribes to its snapshots.
 */
export class LiveSession {
  readonly buffer = new LogBuffer(capacity);
  readonly seen = new SeenAttributes();
  /** Since when each connection has been read as it is now, milliseconds since the epoch, by id. */
  readSince: ReadonlyMap<string, number> = new Map();
  readonly #options: LiveSessionOptions;
  readonly #stream: LiveStream;
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot = nothingYet;
  #pending: LogLine[] = [];
  #scheduled = false;
  #filter: LogFilter = {};
  #time: TimeView = { kind: 'live', span: '-15m' };
  /** Of the view: another one when lines of a gap come means that they are for an earlier view. */
  #past: StoredPast | undefined;
  #seam = new Seam();
  #notes = 0;
  /** Gaps whose lines can be loaded, by key, oldest first; some may have gone from the buffer since. */
  readonly #gaps = new Map<string, RowGap>();

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
      onError: (code, detail) => {
        if (code === 'message.invalid') this.refuse({ about: 'filter', reason: inPlainWords(detail) });
        else this.#set({ problem: detail });
      },
      ...(options.onAlert && { onAlert: options.onAlert }),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot => this.#snapshot;

  /**
   * Shows another filter or part of time, from nothing.
   * @param lineId of a line at the moment of the view, to be brought into sight
   */
  show(filter: LogFilter, time: TimeView, lineId?: string): void {
    this.#filter = filter;
    this.#time = time;
    this.#forget();
    const isLive = time.kind === 'live';
    this.buffer.capacity = isLive ? capacity : capacity + mostFresh;
    this.#set({ following: isLive, refusal: undefined });
    if (isLive) this.#stream.follow(filter, liveFrom);
    else this.#stream.unfollow();
    this.#past = this.#openPast();
    void this.#readPast(this.#past, lineId);
  }

  /** Shows nothing, and why: lines of what was asked before would be taken for an answer. */
  refuse(refusal: Refusal): void {
    this.#forget();
    this.#set({ following: false, refusal, older: nothingYet.older, newer: nothingYet.newer });
    this.#stream.unfollow();
  }

  #forget(): void {
    this.#past?.close();
    this.#past = undefined;
    this.#pending = [];
    this.#seam = new Seam();
    this.buffer.clear();
    this.#gaps.clear();
    this.#set({ fresh: 0, problem: undefined, fetching: new Set(), reveal: undefined });
  }

  /** Follows the newest line, or stays where the person looks: then no kept line is evicted for new ones. */
  setFollowing(following: boolean): void {
    if (following === this.#snapshot.following || (following && !this.isLive)) return;
    this.#flush();
    this.buffer.capacity = following ? capacity : capacity + mostFresh;
    if (following) this.#stream.resume();
    this.#set({ following, fresh: 0 });
  }

  /** Whether lines still come at the end. */
  get isLive(): boolean {
    if (this.#snapshot.refusal !== undefined) return false;
    return this.#time.kind === 'live' || (this.#time.kind === 'at' && this.#past?.isRead === true);
  }

  /** Reads a page of what is stored before the first row. */
  loadOlder(): void {
    void this.#past?.loadOlder();
  }

  /** Reads a page of what is stored after the last row; at the end goes over to what comes live. */
  loadNewer(): void {
    void this.#past?.loadNewer();
  }

  /** The gaps among the rows whose lines can be loaded, oldest first. */
  get gaps(): readonly RowGap[] {
    return [...this.#gaps.values()].filter(({ key }) => this.buffer.has(key));
  }

  /** Brings the newest gap into sight, and stays there. */
  showGap(): void {
    const row = this.gaps.at(-1);
    if (row === undefined) return;
    this.setFollowing(false);
    this.#set({ reveal: { row } });
  }

  /** Puts the lines of a gap in its place. */
  async fetchGap(key: string): Promise<void> {
    const gap = this.#gaps.get(key)?.gap;
    if (gap === undefined || this.#snapshot.fetching.has(key)) return;
    const past = this.#past;
    this.#set({ fetching: new Set(this.#snapshot.fetching).add(key) });
    try {
      const lines = await this.#stream.fetch(gap);
      if (past !== this.#past) return;
      this.buffer.remove(key);
      this.#gaps.delete(key);
      this.#addStored(lines);
    } catch (error) {
      if (past === this.#past) this.#set({ problem: `The lines could not be loaded: ${messageOf(error)}` });
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
    this.#past?.close();
    this.#past = undefined;
    this.#listeners.clear();
    this.#stream.close();
  }

  #openPast(): StoredPast {
    const { api, project } = this.#options;
    return new StoredPast({
      api,
      project,
      filter: this.#filter,
      time: this.#time,
      isFull: () => this.buffer.length >= capacity - pageLines,
      onLines: (lines) => this.#addStored(lines),
      onEdges: (edges) => this.#set(edges),
      onPresent: (page) => this.#joinLive(page),
      onRefused: (refusal) => this.refuse(refusal),
    });
  }

  async #readPast(past: StoredPast, lineId: string | undefined): Promise<void> {
    await past.begin();
    if (past !== this.#past || this.#time.kind !== 'at') return;
    const at = sortableTime(this.#time.at);
    const nearest = this.buffer.at(Math.min(this.buffer.firstAt(at), this.buffer.length - 1));
    const row = (lineId === undefined ? undefined : this.buffer.find(lineId, at)) ?? nearest;
    if (row) this.#set({ reveal: { row } });
  }

  /** Goes over to what comes live, and sees that nothing is missing between it and what the database had. */
  #joinLive({ live_from: from, logs: [newest] }: StoredPage): void {
    if (this.#time.kind === 'range' || this.#seam.isStoredKnown) return;
    if (this.#time.kind === 'at') this.#stream.follow(this.#filter, liveFrom);
    this.#addHole(this.#seam.storedUpTo(from ?? undefined, newest ? sortableTime(newest.timestamp) : ''));
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
    const added = this.#add(lines, (line) => this.#isLate(line));
    const { following, fresh } = this.#snapshot;
    this.#set({ fresh: following ? 0 : fresh + added });
    if (!following && fresh + added > mostFresh) this.#stream.pause();
  }

  #addStored(lines: readonly LogLine[]): void {
    this.#add(lines);
    this.#set({});
  }

  #add(lines: readonly LogLine[], isLate?: (line: LogLine) => boolean): number {
    // A few of many are enough to know the names and values.
    const step = Math.max(1, Math.floor(lines.length / 50));
    for (let index = 0; index < lines.length; index += step) this.seen.see(lines[index] as LogLine);
    return this.buffer.add(lines.map((line) => lineRow(line, isLate?.(line))));
  }

  /**
   * Whether a line that came live happened long before, though its source was read already. What a source had before it
   * was read is old, not late.
   */
  #isLate({ connection_id: id, timestamp, ingest_timestamp: read }: LogLine): boolean {
    const happened = Date.parse(timestamp);
    return Date.parse(read) - happened > lateMs && happened > (this.readSince.get(id) ?? Number.POSITIVE_INFINITY);
  }

  #addHole(hole: Hole | undefined): void {
    if (hole === undefined) return;
    const key = this.#addNote(holeNote, hole, hole.time);
    if (hole.records <= mostFilled) void this.fetchGap(key);
  }

  /** A row that says what is missing: behind the last one, unless a time is given. @returns its key */
  #addNote(note: string, gap: CursorRange | undefined, at?: string): string {
    this.#flush();
    this.#notes += 1;
    const key = `gap ${this.#notes}`;
    const last = this.buffer.at(this.buffer.length - 1);
    const time = at ?? last?.time ?? sortableTime(new Date().toISOString());
    const row: RowGap = { kind: 'gap', key, time, gap, note };
    this.buffer.add([row]);
    if (gap !== undefined) this.#gaps.set(key, row);
    this.#set({});
    return key;
  }

  #set(change: Partial<Snapshot>): void {
    const { older, ...rest } = { ...this.#snapshot, ...change };
    // Rows that had to go were before the first one, whatever the past says of its own beginning.
    const hasMore = this.buffer.dropped > 0 && (older.kind === 'end' || older.kind === 'more');
    this.#snapshot = { ...rest, older: hasMore ? full : older };
    for (const listener of this.#listeners) listener();
  }
}
