import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@tailrace/errors/backoff-time.ts';
import { FetchError } from '@tailrace/http/client/gap-fetches.ts';
import { LiveStream, type LiveStreamOptions } from '@tailrace/http/client/live-stream.ts';
import type { AlertNews, CursorRange } from '@tailrace/http/client/stream-parts.ts';
import type { LogFilterInput, LogLine } from '@tailrace/http/contract/generated.ts';
import { CliError, exitCodes } from './cli-error.ts';
import { openSocket } from './open-socket.ts';

export interface LiveClientOptions {
  readonly url: URL;
  readonly project: string;
  /** Asked at each connection: a token may have expired meanwhile. */
  readonly token: () => Promise<string>;
  readonly filter: LogFilterInput;
  /** Cursor, time or `-15m`; `now` when left out. */
  readonly from?: string;
  /** Takes lines; the next are read when it resolves. */
  readonly onLines: (lines: readonly LogLine[]) => Promise<void>;
  /** Called with what happens to alerts meanwhile: `fired`, `resolved` and so on. */
  readonly onAlert?: (news: AlertNews) => void;
  /** Shown to the person, beside the lines. */
  readonly onNotice: (notice: string) => void;
  readonly signal: AbortSignal;
}

const fetchAgainTimes = { initialMs: 1000, maxMs: 10_000 };

/**
 * Follows until the signal aborts: reconnects by itself where it was, and fetches what a gap frame says was left out.
 * @throws CliError when the server will not have it: no such project, a bad token, a wrong filter.
 */
export async function follow(options: LiveClientOptions): Promise<void> {
  const { filter, from = 'now', onNotice, onAlert } = options;
  let hasStarted = false;
  await withStream(options, (session) => ({
    begin: (stream) => stream.follow(filter, from),
    onStart: () => {
      hasStarted = true;
    },
    onLines: session.take,
    onGap: (gap) => {
      if (gap.reason === 'retention') {
        onNotice('lines are missing here: they are older than what Kafka keeps');
        return;
      }
      onNotice(`${gap.matched} lines came faster than they were taken; reading them now`);
      void readGap(session, gap);
    },
    onState: (state) => {
      if (state.kind !== 'reconnecting') return;
      const place = hasStarted || options.from !== undefined ? ' where it was' : '';
      onNotice(`disconnected (${state.reason}); connecting again${place}`);
    },
    onError: (code, detail) => {
      if (code === 'message.invalid') session.end(new CliError(detail, exitCodes.usage));
      else onNotice(`the server says: ${detail}`);
    },
    onBreak: (detail) => {
      if (hasStarted) onNotice(`lines may be missing here: ${detail}`);
      else session.end(new CliError(detail, exitCodes.usage));
    },
    ...(onAlert && { onAlert }),
  }));
}

/** Lines from a time to now, then ends. @throws CliError when they cannot all be read. */
export async function readToNow(options: LiveClientOptions & { readonly from: string }): Promise<void> {
  const { filter, from, onNotice, onAlert } = options;
  const broke = (reason: string) =>
    new CliError(`the connection broke before everything was read: ${reason}`, exitCodes.failed);
  await withStream(options, (session) => ({
    begin: (stream) => stream.unfollow(filter),
    onHello: (cursor) => {
      session.stream.fetchInto({ from, to: cursor }, { begin: () => undefined, take: session.take }).then(
        () => session.end(),
        (error: FetchError) =>
          session.end(
            error.code === 'fetch.invalid' ? new CliError(error.message, exitCodes.usage) : broke(error.message),
          ),
      );
    },
    onStart: () => undefined,
    onLines: session.take,
    onGap: () => undefined,
    onState: (state) => {
      if (state.kind === 'reconnecting') session.end(broke(state.reason));
    },
    onError: (code, detail) => {
      if (code === 'fetch.expired') onNotice(`the server says: ${detail}`);
      else if (!code.startsWith('fetch.')) session.end(broke(detail));
    },
    onBreak: (detail) => session.end(broke(detail)),
    ...(onAlert && { onAlert }),
  }));
}

interface Session {
  readonly stream: LiveStream;
  /** Gives lines on, one batch after the other; resolves when these have been taken. */
  readonly take: (lines: readonly LogLine[]) => Promise<void>;
  /** Ends it, with a failure or without one. The first end counts. */
  readonly end: (failure?: unknown) => void;
  readonly signal: AbortSignal;
}

type Handlers = Omit<LiveStreamOptions, 'open' | 'onStatus'> & { readonly begin: (stream: LiveStream) => void };

/** Runs a stream until it is ended or the signal aborts, and all lines that have come are taken. */
async function withStream(options: LiveClientOptions, handlersOf: (session: Session) => Handlers): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const over = new AbortController();
  let taking = Promise.resolve();
  const end = (failure?: unknown) => {
    if (failure === undefined) ended.resolve();
    else ended.reject(failure);
  };
  const take = (lines: readonly LogLine[]) => {
    taking = taking.then(() => options.onLines(lines)).catch(end);
    return taking;
  };
  const session: Session = {
    get stream() {
      return stream;
    },
    take,
    end,
    signal: AbortSignal.any([over.signal, options.signal]),
  };
  const { begin, ...handlers } = handlersOf(session);
  const stream = new LiveStream({
    ...handlers,
    open: (listener) => openSocket(options, listener, end),
    onStatus: () => undefined,
  });
  const abort = () => end();
  options.signal.addEventListener('abort', abort, { once: true });
  if (options.signal.aborted) abort();
  else begin(stream);
  try {
    await ended.promise;
    await taking;
  } finally {
    over.abort();
    stream.close();
    options.signal.removeEventListener('abort', abort);
  }
}

/** Reads what a gap left out, each line once, and again later where the server cannot read it now. */
async function readGap({ stream, take, signal }: Session, gap: CursorRange): Promise<void> {
  /** Shown by earlier attempts. */
  const shown = new Set<string>();
  let current: string[] = [];
  const begin = () => {
    for (const id of current) shown.add(id);
    current = [];
  };
  const takeNew = (lines: readonly LogLine[]) => {
    for (const { id } of lines) current.push(id);
    const fresh = lines.filter(({ id }) => !shown.has(id));
    return fresh.length === 0 ? undefined : take(fresh);
  };
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await stream.fetchInto(gap, { begin, take: takeNew });
      return;
    } catch (error) {
      const isTemporary = error instanceof FetchError && /^fetch\.(failed|busy)$/.test(error.code);
      if (!isTemporary) return;
      await delay(backoffMs(failures, fetchAgainTimes), undefined, { signal }).catch(() => undefined);
    }
  }
}
