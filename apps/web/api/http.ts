import type { Operations } from '@tailrace/http/contract/generated.ts';
import { misshapen } from '@tailrace/http/contract/shape.ts';

type Operation = keyof Operations;
type BodyOf<Name extends Operation> = Operations[Name]['body'];
export type AnswerOf<Name extends Operation> = Operations[Name]['answer'];

/** What a call takes besides its name: the parameters in its path, its query and its body. */
interface CallOptions<Name extends Operation> {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Operations[Name]['query'];
  readonly body?: BodyOf<Name>;
  /** The version that a change is for. */
  readonly version?: number;
  readonly signal?: AbortSignal;
}

/** An answer that is not a success: what the server's problem document says, or that nothing answered. */
export class ApiError extends Error {
  /** 0 when no answer came. */
  readonly status: number;
  readonly title: string;
  /** The problem's stable code; empty where what answered was not the API. */
  readonly code: string;
  /** Messages by field: `connection_config.region`. */
  readonly fields: ReadonlyMap<string, string>;

  constructor(status: number, title: string, detail: string, fields: ReadonlyMap<string, string>, code = '') {
    super(detail);
    this.status = status;
    this.title = title;
    this.code = code;
    this.fields = fields;
  }
}

const endedNote = 'Your session has ended. Sign in again to go on.';

export const apiPrefix = '/api/v1/live-logs/';

/** What a call says of who makes it. */
export interface Credential {
  /** A bearer token; undefined where the browser sends the session's cookie. */
  readonly token: () => string | undefined;
  /** Whether the session is known to have ended: nothing is asked then that can only be refused. */
  readonly hasEnded: () => boolean;
  /** Called when the server refuses it. */
  readonly onRefused: (detail: string) => void;
}

/** Calls the API for who is signed in. */
export class Api {
  readonly #credential: Credential;

  constructor(credential: Credential) {
    this.#credential = credential;
  }

  /** A bearer token for what is no call, where the browser keeps no cookie. */
  get token(): string | undefined {
    return this.#credential.token();
  }

  /** @throws {ApiError} for anything but success; a DOMException when the signal aborts */
  async call<Name extends Operation>(name: Name, options: CallOptions<Name> = {}): Promise<AnswerOf<Name>> {
    const response = await this.#ask(name, options, 'application/json');
    return answerOf(name, response.status, await bodyOf(response, options.signal));
  }

  /**
   * The same for what takes long and says how far it is: the answer comes as lines of JSON (`application/x-ndjson`), of
   * the types progress, then result or problem.
   * @throws {ApiError} for anything but success; a DOMException when the signal aborts
   */
  async follow<Name extends Operation>(
    name: Name,
    options: CallOptions<Name>,
    onProgress: (progress: Readonly<Record<string, unknown>>) => void,
  ): Promise<AnswerOf<Name>> {
    const response = await this.#ask(name, options, 'application/x-ndjson');
    const text = await bodyOf(response, options.signal, (line) => {
      const progress = objectOf(line);
      if (progress.type === 'progress') onProgress(progress);
    });
    const last = text.trimEnd().split('\n').at(-1) ?? '';
    const { type, status } = objectOf(last);
    if (type === 'problem') throw errorOf(typeof status === 'number' ? status : 500, last);
    return answerOf(name, response.status, last);
  }

  async #ask<Name extends Operation>(name: Name, options: CallOptions<Name>, accept: string): Promise<Response> {
    const [method = 'GET', pattern = ''] = name.split(' ');
    const path = pattern.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(options.path?.[key] ?? ''));
    if (this.#credential.hasEnded()) throw new ApiError(401, 'Signed out', endedNote, new Map());
    const token = this.#credential.token();
    const response = await this.#send(apiPrefix + path + queryOf(options.query), {
      method,
      headers: {
        accept,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
        ...(options.version !== undefined && { 'if-match': `"${options.version}"` }),
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      ...(options.signal && { signal: options.signal }),
    });
    if (response.ok) return response;
    const error = errorOf(response.status, await bodyOf(response, options.signal));
    if (response.status === 401) this.#credential.onRefused(error.message);
    throw error;
  }

  async #send(address: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(address, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiError(0, 'No answer', 'The server does not answer. Is it running?', new Map());
    }
  }
}

/** @throws {ApiError} when the connection ends before the answer does */
async function bodyOf(
  response: Response,
  signal: AbortSignal | undefined,
  onLine?: (line: string) => void,
): Promise<string> {
  try {
    if (onLine === undefined || response.body === null) return await response.text();
    let text = '';
    let seen = 0;
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
      for (let end = text.indexOf('\n', seen); end >= 0; end = text.indexOf('\n', seen)) {
        onLine(text.slice(seen, end));
        seen = end + 1;
      }
    }
    return text;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'No answer', 'The server’s answer broke off. Try again.', new Map());
  }
}

/** @throws {ApiError} for what is no answer of the API's, such as a proxy's page, or not of the shape that this page knows */
function answerOf<Name extends Operation>(name: Name, status: number, text: string): AnswerOf<Name> {
  let answer: AnswerOf<Name>;
  try {
    answer = text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new ApiError(status, 'Not an answer of Tailrace', foreignAnswer, new Map());
  }
  const place = misshapen(name, answer);
  if (place === undefined) return answer;
  throw new ApiError(
    status,
    'An unexpected answer',
    `The server’s answer is not of the form this page knows (${place}). They may be of different versions: reload the page.`,
    new Map(),
  );
}

const foreignAnswer =
  'The answer did not come from Tailrace: something in between, such as a proxy or its sign-in page, answered instead. Reload the page, and sign in there if it asks.';

function queryOf(query: object | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.append(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}

/** What proxies answer when what is behind them does not; they write no problem document. */
const awayNotes: Readonly<Record<number, string>> = {
  502: 'The proxy cannot reach Tailrace. It may be starting; this page tries again.',
  503: 'Tailrace cannot be reached now. It may be starting; this page tries again.',
  504: 'Tailrace did not answer the proxy in time.',
  413: 'What was sent is larger than the proxy takes.',
};

function errorOf(status: number, text: string): ApiError {
  const problem = objectOf(text);
  const title = typeof problem.title === 'string' ? problem.title : `The server answered ${status}`;
  const detail = typeof problem.detail === 'string' ? problem.detail : (awayNotes[status] ?? title);
  const fields = new Map<string, string>();
  for (const each of Array.isArray(problem.errors) ? problem.errors : []) {
    if (typeof each?.field === 'string' && typeof each.message === 'string') {
      fields.set(each.field.replace(/^body\./, ''), each.message);
    }
  }
  return new ApiError(status, title, detail, fields, typeof problem.code === 'string' ? problem.code : '');
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Any failure in words for a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
