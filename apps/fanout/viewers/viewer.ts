import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { type ClientFrame, clientFrame, type GapReason, type ServerFrame } from '@tailrace/http/contract/frames.ts';
import type { Caller } from '@tailrace/http/limits/fair-queue.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { CursorError, type Position } from '@tailrace/log-query/live-cursor.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { compileFilter } from '@tailrace/log-query/matcher.ts';
import { Slice } from '@tailrace/log-query/thread-time.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { LiveHub } from '../live-hub.ts';
import { readRange } from '../reading/read-range.ts';
import { cursorPosition, startPosition } from '../reading/start-position.ts';
import { fetchedFrame } from '../serving/frames.ts';
import type { SendBuffer } from './send-buffer.ts';
import { Subscription } from './subscription.ts';
import type { ViewerQueues } from './viewer-queues.ts';

export interface ViewerOptions {
  readonly hub: LiveHub;
  readonly kafka: Kafka;
  readonly sendBuffer: SendBuffer;
  readonly caller: Caller;
  readonly queues: ViewerQueues;
  readonly logger: Logger;
  readonly onGap: (reason: GapReason, matched: number | null) => void;
}

/** Messages of one viewer that may wait to be handled: more come only while Kafka is slow, or from nobody who listens. */
const mostWaiting = 32;

/**
 * One WebSocket's conversation: what the client says changes what it follows. Messages are handled one after the
 * other; a message that makes no sense is answered with an error frame and changes nothing.
 */
export class Viewer {
  readonly #options: ViewerOptions;
  readonly #closed = new AbortController();
  #filter: LogFilter = {};
  #subscription: Subscription | undefined;
  /** Where the viewer stands while it follows nothing. */
  #position: Position;
  #fetching = false;
  #handling: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: ViewerOptions) {
    this.#options = options;
    const { hub, caller } = options;
    this.#position = hub.positionOf(caller.project);
    this.#say({ type: 'hello', cursor: hub.cursorOf(caller.project), project_id: caller.project });
  }

  /** Handles a text frame from the client, after those before it. */
  receive(text: string): void {
    if (this.#waiting >= mostWaiting) {
      this.#error(
        'message.busy',
        `${mostWaiting} messages wait to be handled: this one was dropped`,
        retryAfterSeconds,
      );
      return;
    }
    this.#inTurn(async () => {
      const slice = new Slice(this.#options.caller.project);
      await slice.rest();
      const message = parse(text);
      slice.end();
      if ('problem' in message) this.#error(message.code, message.problem);
      else await this.#handle(message);
    });
  }

  /** Begins to follow, as the address of the WebSocket says. */
  begin(filter: LogFilter, from: string | undefined): void {
    this.#inTurn(() => this.#handle({ type: 'subscribe', filter, from }));
  }

  /** To be called now and then: keeps the cursor of a quiet viewer near the end, and lets it hear that we are there. */
  tick(): void {
    this.#subscription?.keepCursorFresh();
    this.#say({ type: 'heartbeat' });
  }

  /** Messages beside the stream: statuses, alerts. */
  tell(message: ServerFrame): void {
    this.#say(message);
  }

  close(): void {
    this.#closed.abort(new Error('the viewer left'));
    this.#subscription?.stop();
  }

  /** After everything that came before. */
  #inTurn(work: () => Promise<void>): void {
    this.#waiting += 1;
    this.#handling = this.#handling.then(async () => {
      this.#waiting -= 1;
      if (this.#closed.signal.aborted) return;
      try {
        await work();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  async #handle(message: ClientFrame): Promise<void> {
    switch (message.type) {
      case 'subscribe': {
        const from = await this.#resolve(message.from);
        this.#follow(message.filter, from);
        return;
      }
      case 'pause':
        this.#position = this.#subscription?.position ?? this.#position;
        this.#subscription?.stop();
        this.#subscription = undefined;
        return;
      case 'resume':
        if (!this.#subscription) this.#follow(this.#filter, this.#position);
        return;
      case 'fetch':
        this.#fetch(message);
    }
  }

  /** undefined: where the viewer stands. */
  async #resolve(from: string | undefined): Promise<Position> {
    const { kafka, hub, caller } = this.#options;
    if (from === 'now') return hub.positionOf(caller.project);
    if (from !== undefined) return this.#atKafka(() => startPosition(kafka, hub.log, from, Date.now()));
    return this.#subscription?.position ?? this.#position;
  }

  #atKafka<Result>(work: () => Promise<Result>): Promise<Result> {
    const { caller, queues } = this.#options;
    return queues.turns.run(caller, this.#closed.signal, work);
  }

  #follow(filter: LogFilter, from: Position): void {
    const { hub, kafka, sendBuffer, caller, queues, onGap } = this.#options;
    const subscription = new Subscription({
      hub,
      kafka,
      sendBuffer,
      caller,
      turns: queues.turns,
      filter,
      from,
      onGap,
      onStart: (cursor) => this.#say({ type: 'subscribed', cursor }),
    });
    this.#subscription?.stop();
    this.#filter = filter;
    this.#subscription = subscription;
    subscription.done.catch((error) => {
      if (this.#subscription !== subscription) return;
      // Where it stood is kept: `resume` goes on there once what failed is mended.
      this.#position = subscription.position;
      subscription.stop();
      this.#subscription = undefined;
      this.#fail(error);
    });
  }

  /** Goes on beside the stream. Every way it may end says so by a frame. */
  #fetch({ from, to, filter = this.#filter }: Extract<ClientFrame, { type: 'fetch' }>): void {
    if (this.#fetching) {
      this.#error('fetch.busy', 'one fetch at a time: wait for its `fetched`');
      return;
    }
    this.#fetching = true;
    const { caller, queues } = this.#options;
    queues.fetches
      .run(caller, this.#closed.signal, () => this.#sendRange(from, to, filter))
      .finally(() => {
        this.#fetching = false;
      })
      .then(() => this.#say({ type: 'fetched', from, to }))
      .catch((error) => this.#fail(error, error instanceof CursorError ? 'fetch.invalid' : 'fetch.failed'));
  }

  async #sendRange(from: string, to: string, filter: LogFilter): Promise<void> {
    const { hub, kafka, sendBuffer, caller, queues } = this.#options;
    const { signal } = this.#closed;
    const range = await this.#atKafka(async () => ({
      from: await startPosition(kafka, hub.log, from, Date.now()),
      to: await cursorPosition(kafka, hub.log, to),
    }));
    const room = () => sendBuffer.room(signal);
    const reading = { kafka, caller, turns: queues.turns, matches: compileFilter(filter), room, signal };
    for await (const part of readRange(reading, range)) {
      if (part.lines.length > 0) sendBuffer.send(fetchedFrame(part.lines));
      if (part.lostFrom) this.#error('fetch.expired', 'a part of this range is older than what Kafka keeps');
    }
  }

  /** @param code left out: the error's own */
  #fail(error: unknown, code?: string): void {
    if (this.#closed.signal.aborted) return;
    if (error instanceof Problem && error.status === 429) {
      this.#error(code === undefined ? 'message.busy' : 'fetch.busy', error.message, retryAfterSeconds);
      return;
    }
    if (error instanceof TailraceError) {
      this.#error(code ?? error.code, error.message);
      return;
    }
    this.#options.logger.error({ err: error }, 'a viewer could not be served');
    this.#error(code ?? 'internal', 'this failed inside; the server has logged why');
  }

  #error(code: string, detail: string, retryAfter?: number): void {
    this.#say({ type: 'error', code, detail, ...(retryAfter !== undefined && { retry_after_seconds: retryAfter }) });
  }

  #say(message: ServerFrame): void {
    this.#options.sendBuffer.sendMessage(message);
  }
}

/** When what was too much at once may be asked for again. */
const retryAfterSeconds = 2;

interface Refused {
  readonly code: string;
  readonly problem: string;
}

function parse(text: string): ClientFrame | Refused {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { code: 'message.invalid', problem: 'this is not JSON' };
  }
  const result = clientFrame.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || 'message'}: ${message}`);
  const isFetch = typeof json === 'object' && json !== null && 'type' in json && json.type === 'fetch';
  return { code: isFetch ? 'fetch.invalid' : 'message.invalid', problem: problems.join('; ') };
}
