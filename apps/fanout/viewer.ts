import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { CursorError, type Position } from '@tailrace/log-query/live-cursor.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { compileFilter } from '@tailrace/log-query/matcher.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { fetchedFrame } from './frames.ts';
import type { LiveHub } from './live-hub.ts';
import type { Outbox } from './outbox.ts';
import { type ClientMessage, clientMessage, type GapReason, type ServerMessage } from './protocol.ts';
import { readRange } from './read-range.ts';
import { cursorPosition, startPosition } from './start-position.ts';
import { Subscription } from './subscription.ts';

export interface ViewerOptions {
  readonly hub: LiveHub;
  readonly kafka: Kafka;
  readonly outbox: Outbox;
  readonly project: string;
  readonly logger: Logger;
  readonly onGap: (reason: GapReason, matched: number | null) => void;
}

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

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#position = options.hub.position;
    this.#say({ type: 'hello', cursor: options.hub.cursor, project_id: options.project });
  }

  /** Handles a text frame from the client, after those before it. */
  receive(text: string): void {
    const message = parse(text);
    if (!('problem' in message)) this.#enqueue(message);
    else this.#handling = this.#handling.then(() => this.#error(message.code, message.problem));
  }

  /** Begins to follow, as the address of the WebSocket says. */
  begin(filter: LogFilter, from: string | undefined): void {
    this.#enqueue({ type: 'subscribe', filter, from });
  }

  /** To be called now and then: keeps the cursor of a quiet viewer near the end, and lets it hear that we are there. */
  tick(): void {
    this.#subscription?.keepCursorFresh();
    this.#say({ type: 'heartbeat' });
  }

  /** Messages beside the stream: statuses, alerts. */
  tell(message: ServerMessage): void {
    this.#say(message);
  }

  close(): void {
    this.#closed.abort(new Error('the viewer left'));
    this.#subscription?.stop();
  }

  #enqueue(message: ClientMessage): void {
    this.#handling = this.#handling.then(async () => {
      if (this.#closed.signal.aborted) return;
      try {
        await this.#handle(message);
      } catch (error) {
        if (!this.#closed.signal.aborted) this.#fail(error);
      }
    });
  }

  async #handle(message: ClientMessage): Promise<void> {
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
    const { kafka, hub } = this.#options;
    if (from === 'now') return hub.position;
    if (from !== undefined) return startPosition(kafka, hub.log, from, Date.now());
    return this.#subscription?.position ?? this.#position;
  }

  #follow(filter: LogFilter, from: Position): void {
    const { hub, kafka, outbox, project, onGap } = this.#options;
    const subscription = new Subscription({
      hub,
      kafka,
      outbox,
      project,
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
  #fetch({ from, to, filter = this.#filter }: Extract<ClientMessage, { type: 'fetch' }>): void {
    if (this.#fetching) {
      this.#error('fetch.busy', 'one fetch at a time: wait for its `fetched`');
      return;
    }
    this.#fetching = true;
    this.#sendRange(from, to, filter)
      .finally(() => {
        this.#fetching = false;
      })
      .then(() => this.#say({ type: 'fetched', from, to }))
      .catch((error) => this.#fail(error, error instanceof CursorError ? 'fetch.invalid' : 'fetch.failed'));
  }

  async #sendRange(from: string, to: string, filter: LogFilter): Promise<void> {
    const { hub, kafka, outbox, project } = this.#options;
    const { signal } = this.#closed;
    const range = {
      from: await startPosition(kafka, hub.log, from, Date.now()),
      to: await cursorPosition(kafka, hub.log, to),
    };
    for await (const part of readRange(kafka, range, project, compileFilter(filter), signal)) {
      if (part.lines.length > 0) outbox.send(fetchedFrame(part.lines));
      if (part.lostFrom) this.#error('fetch.expired', 'a part of this range is older than what Kafka keeps');
      await outbox.room(signal);
    }
  }

  /** @param code left out: the error's own */
  #fail(error: unknown, code?: string): void {
    if (this.#closed.signal.aborted) return;
    if (error instanceof TailraceError) {
      this.#error(code ?? error.code, error.message);
      return;
    }
    this.#options.logger.error({ err: error }, 'a viewer could not be served');
    this.#error(code ?? 'internal', 'this failed inside; the server has logged why');
  }

  #error(code: string, detail: string): void {
    this.#say({ type: 'error', code, detail });
  }

  #say(message: ServerMessage): void {
    this.#options.outbox.sendMessage(message);
  }
}

interface Refused {
  readonly code: string;
  readonly problem: string;
}

function parse(text: string): ClientMessage | Refused {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { code: 'message.invalid', problem: 'this is not JSON' };
  }
  const result = clientMessage.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || 'message'}: ${message}`);
  const isFetch = typeof json === 'object' && json !== null && 'type' in json && json.type === 'fetch';
  return { code: isFetch ? 'fetch.invalid' : 'message.invalid', problem: problems.join('; ') };
}
