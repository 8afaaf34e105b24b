import type { GapReason, ServerFrame } from '@tailrace/http/contract/frames.ts';
import type { Caller, FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { encodeCursor, type Position } from '@tailrace/log-query/live-cursor.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { compileFilter, type Matcher } from '@tailrace/log-query/matcher.ts';
import type { LiveHub } from '../live-hub.ts';
import { readRange } from '../reading/read-range.ts';
import { logsFrame } from '../serving/frames.ts';
import type { Follower, Following } from './lane.ts';
import type { SendBuffer } from './send-buffer.ts';

/** Within this many records of the live end a viewer begins to queue live frames while it reads the rest. */
const joinDistance = 5000;
/** Live frames that may queue up meanwhile, characters. */
const maxQueued = 4 * 1024 * 1024;

export interface SubscriptionOptions {
  readonly hub: LiveHub;
  readonly kafka: Kafka;
  readonly sendBuffer: SendBuffer;
  readonly caller: Caller;
  /** The places for reading the past, shared with everybody. */
  readonly turns: FairQueue;
  readonly filter: LogFilter;
  readonly from: Position;
  /** Called when the filter has been accepted, before the first line. */
  readonly onStart: (cursor: string) => void;
  /** Called with how many lines a slow viewer missed. */
  readonly onGap: (reason: GapReason, matched: number | null) => void;
}

/**
 * One viewer's way through the log with one filter: from a position to the live end, and on with it. Every matching
 * line is sent once and in the order of its partition, or is part of a gap frame that says from where to where.
 */
export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #matches: Matcher;
  readonly #stop = new AbortController();
  #position: Position;
  #following: Following | undefined;
  /** While the last of the past is read: the frames that must come after it. */
  #queue: { readonly frames: string[]; size: number } | undefined;
  /** While the viewer is too slow: where its gap began, and the count of matches then. */
  #gap: { readonly from: Position; readonly matched: number } | undefined;
  readonly done: Promise<void>;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#matches = compileFilter(options.filter);
    this.#position = options.from;
    options.onStart(encodeCursor(options.hub.log, options.from));
    options.sendBuffer.onDrained(() => this.#drained());
    this.done = this.#catchUp(this.#stop.signal).catch((error) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  /** Everything before this was sent, or reported as a gap. A new subscription from here misses and repeats nothing. */
  get position(): Position {
    return this.#gap?.from ?? this.#position;
  }

  /** Moves a quiet viewer's cursor to where the hub is. To be called now and then, between two reads of the hub. */
  keepCursorFresh(): void {
    const { hub, sendBuffer } = this.#options;
    const { project } = this.#options.caller;
    const position = hub.positionOf(project);
    if (!this.#following || this.#queue || this.#gap || this.#position === position) return;
    this.#position = position;
    sendBuffer.send(logsFrame([], hub.cursorOf(project)));
  }

  stop(): void {
    this.#stop.abort(new Error('the subscription ended'));
    this.#following?.leave();
    this.#following = undefined;
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    const { hub } = this.#options;
    const { project } = this.#options.caller;
    while (!this.#following) {
      // A cursor of another fanout process may be ahead of what this one has read. Looked at again: others were here first.
      do await hub.reached(project, this.#position, signal);
      while (hub.isBusy(project));
      const to = hub.positionOf(project);
      if (distance(this.#position, to) > joinDistance) await this.#readTo(to, signal);
      else await this.#join(to, signal);
    }
  }

  /** Follows from `to`, the hub's position in this very turn, and reads what is left before it. */
  async #join(to: Position, signal: AbortSignal): Promise<void> {
    const { hub, caller, filter } = this.#options;
    const queue = { frames: [] as string[], size: 0 };
    this.#queue = queue;
    const following = hub.follow(caller.project, JSON.stringify(filter), this.#matches, this.#follower());
    this.#following = following;
    await this.#readTo(to, signal);
    if (queue.size > maxQueued) {
      // It came faster than this viewer could catch up: what is queued is read from the log again.
      following.leave();
      this.#following = undefined;
      this.#queue = undefined;
      return;
    }
    for (const frame of queue.frames) this.#options.sendBuffer.send(frame);
    this.#queue = undefined;
    this.#position = hub.positionOf(caller.project);
  }

  async #readTo(to: Position, signal: AbortSignal): Promise<void> {
    const { kafka, caller, turns, hub, sendBuffer } = this.#options;
    const reading = { kafka, caller, turns, matches: this.#matches, room: () => sendBuffer.room(signal), signal };
    for await (const part of readRange(reading, { from: this.#position, to })) {
      if (part.lostFrom) this.#sendGap({ from: part.lostFrom, to: part.position, reason: 'retention', matched: null });
      this.#position = part.position;
      if (part.lines.length > 0) sendBuffer.send(logsFrame(part.lines, encodeCursor(hub.log, part.position)));
    }
    this.#position = to;
  }

  #follower(): Follower {
    const { hub } = this.#options;
    const { project } = this.#options.caller;
    return {
      lines: (frame, count) => this.#live(frame, count),
      lost: (from) => {
        if (this.#gap) return;
        const gap = { from, to: hub.positionOf(project), reason: 'retention', matched: null } as const;
        if (this.#queue) {
          this.#enqueue(JSON.stringify(this.#gapMessage(gap)));
          return;
        }
        this.#position = gap.to;
        this.#sendGap(gap);
      },
    };
  }

  #live(frame: string, count: number): void {
    const { sendBuffer, hub, caller } = this.#options;
    if (this.#queue) {
      this.#enqueue(frame);
    } else if (this.#gap === undefined && sendBuffer.isFull) {
      this.#gap = { from: this.#position, matched: this.#matchedSoFar() - count };
    } else if (this.#gap === undefined) {
      sendBuffer.send(frame);
      this.#position = hub.positionOf(caller.project);
    }
  }

  #enqueue(frame: string): void {
    const queue = this.#queue;
    if (!queue) return;
    queue.size += frame.length;
    if (queue.size > maxQueued) queue.frames.length = 0;
    else queue.frames.push(frame);
  }

  #drained(): void {
    const gap = this.#gap;
    if (!gap || !this.#following) return;
    const { hub, caller } = this.#options;
    this.#gap = undefined;
    this.#position = hub.positionOf(caller.project);
    const matched = this.#matchedSoFar() - gap.matched;
    this.#sendGap({ from: gap.from, to: this.#position, reason: 'slow_viewer', matched });
  }

  #matchedSoFar(): number {
    return this.#following?.matched() ?? 0;
  }

  #gapMessage({ from, to, reason, matched }: Gap): ServerFrame {
    const { log } = this.#options.hub;
    return { type: 'gap', matched, from: encodeCursor(log, from), to: encodeCursor(log, to), reason };
  }

  #sendGap(gap: Gap): void {
    this.#options.onGap(gap.reason, gap.matched);
    this.#options.sendBuffer.sendMessage(this.#gapMessage(gap));
  }
}

interface Gap {
  readonly from: Position;
  readonly to: Position;
  readonly reason: GapReason;
  readonly matched: number | null;
}

/** Records between two positions. */
function distance(from: Position, to: Position): number {
  return to.reduce((sum, end, partition) => sum + Math.max(0, end - (from[partition] ?? 0)), 0);
}
