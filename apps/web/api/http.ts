import {
  type AnswerOf,
  type Caller,
  type CallOptions,
  callApi,
  followApi,
  type Operation,
  type Progress,
} from '@tailrace/http/client/api-calls.ts';
import { ApiError, type Failure } from '@tailrace/http/client/api-error.ts';

const endedNote = 'Your session has ended. Sign in again to go on.';

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
  readonly #caller: Caller;

  constructor(credential: Credential) {
    this.#credential = credential;
    this.#caller = { base: '', token: credential.token, describe };
  }

  /** A bearer token for what is no call, where the browser keeps no cookie. */
  get token(): string | undefined {
    return this.#credential.token();
  }

  /** @throws {ApiError} for anything but success; a DOMException when the signal aborts */
  call<Name extends Operation>(name: Name, options: CallOptions<Name> = {}): Promise<AnswerOf<Name>> {
    return this.#asCaller(() => callApi(this.#caller, name, options));
  }

  /**
   * The same for what takes long and reports how far it is.
   * @throws {ApiError} for anything but success; a DOMException when the signal aborts
   */
  follow<Name extends Operation>(
    name: Name,
    options: CallOptions<Name>,
    onProgress: (progress: Progress) => void,
  ): Promise<AnswerOf<Name>> {
    return this.#asCaller(() => followApi(this.#caller, name, options, onProgress));
  }

  async #asCaller<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (this.#credential.hasEnded())
      throw new ApiError(endedNote, { kind: 'refused', status: 401, title: 'Signed out' });
    try {
      return await call();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#credential.onRefused(error.message);
      throw error;
    }
  }
}

/** What proxies answer when what is behind them does not; they write no problem document. */
const awayNotes: Readonly<Record<number, string>> = {
  502: 'The proxy cannot reach Tailrace. It may be starting; this page tries again.',
  503: 'Tailrace cannot be reached now. It may be starting; this page tries again.',
  504: 'Tailrace did not answer the proxy in time.',
  413: 'What was sent is larger than the proxy takes.',
};

function describe({ kind, status, title, detail, place }: Failure): string {
  switch (kind) {
    case 'unreachable':
      return 'The server does not answer. Is it running?';
    case 'broken_off':
      return 'The server’s answer broke off. Try again.';
    case 'foreign':
      return 'The answer did not come from Tailrace: something in between, such as a proxy or its sign-in page, answered instead. Reload the page, and sign in there if it asks.';
    case 'misshapen':
      return `The server’s answer is not of the form this page knows (${place}). They may be of different versions: reload the page.`;
    case 'refused':
      return detail ?? awayNotes[status] ?? title ?? `The server answered ${status}`;
  }
}

/** Any failure in words for a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
