import type { IncomingHttpHeaders } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { redacted } from '@tailrace/errors/redacted.ts';
import { retryAfterMs } from '@tailrace/errors/retry-after.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { ChannelError } from '../channel-error.ts';
import { type AddressPolicy, addressPolicy, targetOf } from './address-policy.ts';
import { guardedLookup, type Resolve } from './guarded-lookup.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** An answer of any status. Redirects are answers like others: nothing is followed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Cut at 64 KiB. */
  readonly body: string;
}

/** What every call to an address of a person's choice goes through. */
export interface Outgoing {
  readonly policy: AddressPolicy;
  /** @throws ChannelError `channel_refused` for an address that may not be called, `unreachable` when there is no answer. */
  request(url: string, request: HttpRequest): Promise<HttpAnswer>;
  /** A connected socket to a mail server. @throws ChannelError as `request`. */
  connect(host: string, port: number, signal: AbortSignal): Promise<net.Socket>;
}

export interface OutgoingOptions {
  /** Hosts that may be called although they are not public, or without TLS. */
  readonly allowlist: readonly string[];
  /** Longest time for one request or connection. */
  readonly timeoutMs: number;
  /** In place of the system's resolver, for tests of names that change their addresses. */
  readonly resolve?: Resolve;
}

const maxAnswerBytes = 64 * 1024;

/** Opens the way out. Keeps no connections: messages are rare, and a kept one would be checked by an older lookup. */
export function openOutgoing({ allowlist, timeoutMs, resolve }: OutgoingOptions): Outgoing {
  const policy = addressPolicy(allowlist);
  const lookup = guardedLookup(resolve);

  /** Options of the socket. The operator's own hosts are looked up without a check. */
  function socketOptions(host: string, port: number) {
    return policy.isAllowed(host, port) ? {} : { lookup };
  }

  function checked(url: string): { host: string; port: number } {
    const refusal = policy.refusal(url);
    const target = targetOf(url);
    if (refusal !== undefined || target === undefined)
      throw new ChannelError('channel_refused', refusal ?? 'no address');
    return target;
  }

  return {
    policy,
    async request(url, { method, headers, body, signal }) {
      const { host, port } = checked(url);
      const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const client = new URL(url).protocol === 'https:' ? https : http;
      const options = { method, headers: { 'user-agent': 'tailrace', ...headers }, signal: within, agent: false };
      try {
        return await new Promise<HttpAnswer>((done, failed) => {
          const request = client.request(url, { ...options, ...socketOptions(host, port) }, (response) => {
            readCapped(response).then(
              (text) => done({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
              failed,
            );
          });
          request.on('error', failed);
          request.end(body);
        });
      } catch (error) {
        throw unreachable(error, `${host}:${port}`, signal, timeoutMs);
      }
    },
    async connect(host, port, signal) {
      const target = checked(`smtp://${host.includes(':') ? `[${host}]` : host}:${port}`);
      const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        return await new Promise<net.Socket>((done, failed) => {
          const literal = target.host.replace(/^\[|\]$/g, '');
          const socket = net.connect({ host: literal, port, ...socketOptions(target.host, port) });
          const abort = () => socket.destroy(within.reason);
          within.addEventListener('abort', abort, { once: true });
          socket.once('error', failed);
          socket.once('connect', () => {
            within.removeEventListener('abort', abort);
            socket.off('error', failed);
            done(socket);
          });
        });
      } catch (error) {
        throw unreachable(error, `${host}:${port}`, signal, timeoutMs);
      }
    },
  };
}

/** What is beyond the cap is not waited for: nobody reads it, and it may never end. */
async function readCapped(response: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    parts.push(part);
    length += part.length;
    if (length >= maxAnswerBytes) break;
  }
  response.destroy();
  return Buffer.concat(parts).subarray(0, maxAnswerBytes).toString();
}

function unreachable(error: unknown, where: string, signal: AbortSignal, timeoutMs: number): ChannelError {
  if (error instanceof ChannelError) return error;
  if (signal.aborted) return new ChannelError('unreachable', `${where}: given up on before it answered`);
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return new ChannelError('unreachable', `${where} did not answer within ${timeoutMs} ms`);
  }
  const code = error instanceof Error && 'code' in error ? `${error.code}` : '';
  const reason = messageOf(error) || code || 'the connection failed';
  return new ChannelError('unreachable', `${where}: ${reason}`, { cause: error });
}

/** What an HTTP status means for the sender, with the beginning of what was said. */
export function refusalOf(answer: HttpAnswer, secrets: readonly string[] = []): ChannelError | undefined {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return undefined;
  const said = answerText(answer, secrets);
  const retryAfter = retryAfterMs(headers['retry-after']);
  const wait = retryAfter === undefined ? {} : { retryAfterMs: retryAfter };
  if (status === 429 || status === 503) return new ChannelError('busy', said, wait);
  if (status === 408 || status === 425 || status >= 500 || status < 300)
    return new ChannelError('unreachable', said, wait);
  if (status < 400) return new ChannelError('channel_refused', `${said}: redirects are not followed`, checkAddress);
  if (status === 400 || status === 413 || status === 422) return new ChannelError('message_refused', said);
  return new ChannelError('channel_refused', said, checkAddress);
}

const checkAddress = { help: 'Check the address and the secret of the channel.' };
const shownCharacters = 300;

/** Status and the beginning of the answer in one line without control characters and secrets, for the delivery log. */
export function answerText({ status, body }: HttpAnswer, secrets: readonly string[] = []): string {
  return printable(`${status} ${body}`, secrets);
}

/** Text of the other side in one line, without control characters and without our secrets, should it repeat them. */
export function printable(text: string, secrets: readonly string[] = []): string {
  const clean = secrets.filter((each) => each !== '').reduce((all, each) => all.replaceAll(each, redacted), text);
  return clean
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, shownCharacters);
}
