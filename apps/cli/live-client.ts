import { setTimeout as delay } from 'node:timers/promises';
import type { AlertView } from '@tailrace/alert-rules/alert-view.ts';
import { backoffMs } from '@tailrace/errors/backoff-time.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import type { LogLine } from '@tailrace/log-query/log-line.ts';
import { WebSocket } from 'ws';
import { refusal } from './api-client.ts';
import { CliError, exitCodes } from './cli-error.ts';

/** A frame of the WebSocket, as far as the client looks at it. */
interface Frame {
  readonly type: string;
  readonly logs?: readonly LogLine[];
  readonly cursor?: string;
  readonly from?: string;
  readonly to?: string;
  readonly matched?: number | null;
  readonly reason?: string;
  readonly code?: string;
  readonly detail?: string;
  /** Lines that answer a fetch. */
  readonly fetched?: boolean;
  readonly event?: string;
  readonly alert?: AlertView;
}

/** Lines that the server left out because they came too fast, and which of them have been shown since. */
interface Gap {
  readonly from: string;
  readonly to: string;
  readonly shown: Set<string>;
}

export interface LiveClientOptions {
  readonly url: URL;
  readonly project: string;
  /** Asked at each connection: a token may have expired meanwhile. */
  readonly token: () => Promise<string>;
  readonly filter: LogFilter;
  /** Cursor, time or `-15m`; `now` when left out. */
  readonly from?: string;
  /** Takes lines; the next are read when it resolves. */
  readonly onLines: (lines: readonly LogLine[]) => Promise<void>;
  /** Called with what happens to alerts meanwhile: `fired`, `resolved` and so on. */
  readonly onAlert?: (event: string, alert: AlertView) => void;
  /** Shown to the person, beside the lines. */
  readonly onNotice: (notice: string) => void;
  readonly signal: AbortSignal;
}

const reconnectTimes = { initialMs: 250, maxMs: 10_000 };
/** The server says something every 5 s. */
const silenceMs = 20_000;

/**
 * Follows until the signal aborts: reconnects by itself where it was, and fetches what a gap frame says was left out.
 * @throws CliError when the server will not have it: no such project, a bad token, a wrong filter.
 */
export async function follow(options: LiveClientOptions): Promise<void> {
  let from = options.from;
  let failures = 0;
  const gaps: Gap[] = [];
  while (!options.signal.aborted) {
    const outcome = await connectOnce({ ...options, gaps, ...(from !== undefined && { from }) });
    if (outcome.cursor !== undefined) {
      from = outcome.cursor;
      failures = 0;
    }
    if (options.signal.aborted) return;
    const waitMs = backoffMs(failures, reconnectTimes);
    failures += 1;
    options.onNotice(`disconnected (${outcome.reason}); connecting again${from === undefined ? '' : ' where it was'}`);
    await delay(waitMs, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** Lines from a time to now, then ends. */
export async function readToNow(options: LiveClientOptions & { readonly from: string }): Promise<void> {
  const { from, ...rest } = options;
  const outcome = await connectOnce({ ...rest, gaps: [], fetchFrom: from });
  if (!outcome.complete && !options.signal.aborted) {
    throw new CliError(`the connection broke before everything was read: ${outcome.reason}`, exitCodes.failed);
  }
}

interface Outcome {
  readonly reason: string;
  readonly cursor: string | undefined;
  readonly complete: boolean;
}

interface ConnectOptions extends LiveClientOptions {
  /** Fetched one after the other; what a broken connection left is fetched by the next one. */
  readonly gaps: Gap[];
  readonly fetchFrom?: string;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the life of one socket, whose handlers share its state.
async function connectOnce(options: ConnectOptions): Promise<Outcome> {
  const socket = new WebSocket(addressOf(options), { headers: { authorization: `Bearer ${await options.token()}` } });
  const ended = Promise.withResolvers<Outcome>();
  let cursor: string | undefined;
  let complete = false;
  let refused: CliError | undefined;
  let work = Promise.resolve();

  const fetch = ({ from, to }: { readonly from: string; readonly to: string }) =>
    socket.send(JSON.stringify({ type: 'fetch', from, to, filter: options.filter }));
  const fetchGap = () => {
    const [gap] = options.gaps;
    if (gap) fetch(gap);
  };
  const show = async ({ logs = [], fetched }: Frame) => {
    const [gap] = options.gaps;
    const lines = fetched && gap ? logs.filter(({ id }) => !gap.shown.has(id)) : logs;
    if (lines.length === 0) return;
    await options.onLines(lines);
    if (fetched && gap) for (const { id } of lines) gap.shown.add(id);
  };
  const handle = async (frame: Frame) => {
    switch (frame.type) {
      case 'hello':
        fetchGap();
        if (options.fetchFrom !== undefined) fetch({ from: options.fetchFrom, to: frame.cursor ?? '' });
        return;
      case 'logs':
        await show(frame);
        if (options.fetchFrom === undefined) cursor = frame.cursor ?? cursor;
        return;
      case 'subscribed':
        if (options.fetchFrom === undefined) cursor ??= frame.cursor;
        return;
      case 'gap':
        cursor = frame.to ?? cursor;
        if (frame.reason === 'slow_viewer') {
          options.onNotice(`${frame.matched} lines came faster than they were taken; reading them now`);
          options.gaps.push({ from: frame.from ?? '', to: frame.to ?? '', shown: new Set() });
          if (options.gaps.length === 1) fetchGap();
        } else {
          options.onNotice('lines are missing here: they are older than what Kafka keeps');
        }
        return;
      case 'fetched':
        if (options.fetchFrom === undefined) {
          options.gaps.shift();
          fetchGap();
          return;
        }
        complete = true;
        socket.close();
        return;
      case 'alert':
        if (frame.event && frame.alert) options.onAlert?.(frame.event, frame.alert);
        return;
      case 'error':
        if (isUsage(frame.code) || (frame.code === 'fetch.invalid' && options.fetchFrom !== undefined)) {
          refused = new CliError(frame.detail ?? 'the server did not understand', exitCodes.usage);
          socket.close();
          return;
        }
        options.onNotice(`the server says: ${frame.detail}`);
        // The next connection asks for the same again.
        if (frame.code === 'fetch.failed' || frame.code === 'fetch.busy' || !frame.code?.startsWith('fetch.'))
          socket.close();
        if (frame.code === 'fetch.invalid') {
          options.gaps.shift();
          fetchGap();
        }
    }
  };

  let silence: NodeJS.Timeout | undefined;
  const listen = () => {
    silence = setTimeout(() => {
      ended.resolve({ reason: 'the server says nothing any more', cursor, complete });
      socket.terminate();
    }, silenceMs).unref();
  };
  listen();
  socket.on('message', (data) => {
    clearTimeout(silence);
    // Nothing more is read from the socket while lines wait for a slow reader of ours.
    socket.pause();
    work = work
      .then(() => handle(JSON.parse(data.toString())))
      .then(() => {
        clearTimeout(silence);
        listen();
        socket.resume();
      })
      .catch((error) => {
        refused ??= error instanceof CliError ? error : new CliError(String(error), exitCodes.failed);
        socket.terminate();
      });
  });
  socket.on('unexpected-response', (_request, response) => {
    let body = '';
    response.on('data', (part) => {
      body += part;
    });
    response.on('end', () => {
      const status = response.statusCode ?? 0;
      if (status < 500 && status !== 429) refused = refusal(status, parse(body));
      ended.resolve({ reason: `the server answered ${status}`, cursor, complete });
      socket.terminate();
    });
  });
  socket.on('error', (error) => ended.resolve({ reason: error.message || 'connection refused', cursor, complete }));
  socket.on('close', (code, reason) => {
    void work.then(() => ended.resolve({ reason: reason.toString() || `code ${code}`, cursor, complete }));
  });
  const abort = () => socket.terminate();
  options.signal.addEventListener('abort', abort, { once: true });
  if (options.signal.aborted) abort();
  const outcome = await ended.promise.finally(() => {
    clearTimeout(silence);
    options.signal.removeEventListener('abort', abort);
  });
  if (refused) throw refused;
  return { ...outcome, cursor, complete };
}

function addressOf({ url, project, filter, from, fetchFrom }: ConnectOptions): URL {
  const address = new URL(`/api/v1/live-logs/ws/${encodeURIComponent(project)}`, url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (fetchFrom !== undefined) address.searchParams.set('paused', '1');
  else {
    address.searchParams.set('from', from ?? 'now');
    address.searchParams.set('filter', JSON.stringify(filter));
  }
  return address;
}

function isUsage(code: string | undefined): boolean {
  return code === 'cursor.invalid' || code === 'message.invalid';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
