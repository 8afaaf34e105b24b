import type { Operations } from '../contract/generated.ts';
import { misshapen } from '../contract/shape.ts';
import { ApiError, type Failure, objectOf, refusalIn } from './api-error.ts';

export type Operation = keyof Operations;
type BodyOf<Name extends Operation> = Operations[Name]['body'];
export type AnswerOf<Name extends Operation> = Operations[Name]['answer'];

/** Names of the parameters in the path of an operation. */
type ParameterOf<Name extends string> = Name extends `${string}{${infer Parameter}}${infer Rest}`
  ? Parameter | ParameterOf<Rest>
  : never;

/** What a call takes besides its name: the parameters in its path, its query and its body. */
export interface CallOptions<Name extends Operation> {
  readonly path?: Readonly<Record<ParameterOf<Name>, string>>;
  readonly query?: Operations[Name]['query'];
  readonly body?: BodyOf<Name>;
  /** The version that a change is for. */
  readonly version?: number;
  readonly signal?: AbortSignal;
}

export const apiPrefix = '/api/v1/live-logs/';

/** A line of progress, as far as it is known here: numbers of what the operation counts. */
export type Progress = Readonly<Record<string, unknown>>;

/** How a program calls the API. */
export interface Caller {
  /** The server's address, `https://host`; empty where it is the page's own. */
  readonly base: string;
  /** A bearer token; undefined where the browser sends the session's cookie. */
  readonly token: () => string | undefined | Promise<string | undefined>;
  /** A failure in the program's own words. */
  readonly describe: (failure: Failure) => string;
}

/** @throws {ApiError} for anything but success; the signal's reason when it aborts */
export async function callApi<Name extends Operation>(
  caller: Caller,
  name: Name,
  options: CallOptions<Name>,
): Promise<AnswerOf<Name>> {
  const response = await ask(caller, name, options, 'application/json');
  return answerOf(caller, name, response.status, await textOf(caller, response, options.signal));
}

/**
 * The same for what takes long and reports how far it is: the answer comes as lines of JSON (`application/x-ndjson`), of
 * the types progress, then result or problem.
 * @throws {ApiError} for anything but success; the signal's reason when it aborts
 */
export async function followApi<Name extends Operation>(
  caller: Caller,
  name: Name,
  options: CallOptions<Name>,
  onProgress: (progress: Progress) => void,
): Promise<AnswerOf<Name>> {
  const response = await ask(caller, name, options, 'application/x-ndjson');
  const text = await textOf(caller, response, options.signal, (line) => {
    const progress = objectOf(jsonOf(line));
    if (progress.type === 'progress') onProgress(progress);
  });
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  const { type, ...result } = objectOf(jsonOf(last));
  switch (type) {
    case 'result':
      return checked(caller, name, response.status, result);
    case 'problem':
      throw failed(caller, refusalIn(typeof result.status === 'number' ? result.status : 500, result));
    case 'progress':
      throw failed(caller, brokenOff(response.status));
    default:
      throw failed(caller, last === '' ? brokenOff(response.status) : foreign(response.status));
  }
}

async function ask<Name extends Operation>(
  caller: Caller,
  name: Name,
  { path, query, body, version, signal }: CallOptions<Name>,
  accept: string,
): Promise<Response> {
  const [method = 'GET', pattern = ''] = name.split(' ');
  const parameters: Readonly<Record<string, string>> = path ?? {};
  const filled = pattern.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(parameters[key] ?? ''));
  const token = await caller.token();
  const init: RequestInit = {
    method,
    headers: {
      accept,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(version !== undefined && { 'if-match': `"${version}"` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  };
  let response: Response;
  try {
    response = await fetch(caller.base + apiPrefix + filled + queryOf(query), init);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw failed(caller, { kind: 'unreachable', status: 0, title: 'No answer', cause });
  }
  if (response.ok) return response;
  throw failed(caller, refusalIn(response.status, jsonOf(await textOf(caller, response, signal))));
}

/** @throws {ApiError} when the connection ends before the answer does */
async function textOf(
  caller: Caller,
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
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw failed(caller, { ...brokenOff(response.status), cause });
  }
}

function brokenOff(status: number): Failure {
  return { kind: 'broken_off', status, title: 'No answer' };
}

function foreign(status: number): Failure {
  return { kind: 'foreign', status, title: 'Not an answer of Tailrace' };
}

/** @throws {ApiError} for what is no answer of the API's, such as a proxy's page, or not of the form that is known here */
function answerOf<Name extends Operation>(caller: Caller, name: Name, status: number, text: string): AnswerOf<Name> {
  const answer = text === '' ? undefined : jsonOf(text);
  if (answer === undefined && text !== '') {
    throw failed(caller, foreign(status));
  }
  return checked(caller, name, status, answer);
}

function checked<Name extends Operation>(caller: Caller, name: Name, status: number, answer: unknown): AnswerOf<Name> {
  const place = misshapen(name, answer);
  if (place === undefined) return answer as AnswerOf<Name>;
  throw failed(caller, { kind: 'misshapen', status, title: 'An unexpected answer', place });
}

function failed(caller: Caller, failure: Failure): ApiError {
  return new ApiError(caller.describe(failure), failure);
}

function queryOf(query: object | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) parameters.append(name, String(each));
    }
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
