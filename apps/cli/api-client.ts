import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import {
  type AnswerOf,
  type Caller,
  type CallOptions,
  callApi,
  followApi,
  type Operation,
  type Progress,
} from '@tailrace/http/client/api-calls.ts';
import { ApiError, type Failure, refusalIn } from '@tailrace/http/client/api-error.ts';
import { accessToken, type CliContext, serverUrl } from './cli-context.ts';
import { CliError, exitCodes } from './cli-error.ts';
import { visible } from './output/terminal.ts';

const answersWithinMs = 30_000;

/** Calls the HTTP API as one project. */
export class ApiClient {
  readonly #caller: Caller;

  constructor(context: CliContext, project: string) {
    this.#caller = {
      get base() {
        return serverUrl(context).origin;
      },
      token: () => accessToken(context, project),
      describe,
    };
  }

  /**
   * @param options.signal ends the call at once; it ends after 30 s anyway.
   * @throws CliError that says what the server answered; with remedy `retry` where the same call may succeed later.
   */
  async call<Name extends Operation>(name: Name, options: CallOptions<Name> = {}): Promise<AnswerOf<Name>> {
    const limit = AbortSignal.timeout(answersWithinMs);
    const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
    return callApi(this.#caller, name, { ...options, signal }).catch((error) => this.#fail(error));
  }

  /**
   * Asks for an answer that comes with progress before it, however long that takes.
   * @throws CliError that says what the server answered.
   */
  async follow<Name extends Operation>(
    name: Name,
    options: CallOptions<Name>,
    onProgress: (progress: Progress) => void,
  ): Promise<AnswerOf<Name>> {
    return followApi(this.#caller, name, options, onProgress).catch((error) => this.#fail(error));
  }

  #fail(error: unknown): never {
    if (error instanceof CliError) throw error;
    if (!(error instanceof ApiError) || error.kind === 'unreachable') throw unreachable(this.#caller.base, error);
    throw new CliError(error.message, exitCodes.failed, undefined, mayPass(error) ? 'retry' : 'give-up');
  }
}

/**
 * Asks a process for something that is not of the API, such as its readiness.
 * @param signal ends the request.
 * @throws CliError when nothing answers.
 */
export async function request(url: URL, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal });
  } catch (error) {
    throw unreachable(url.origin, error);
  }
}

function unreachable(origin: string, error: unknown): CliError {
  const failed = error instanceof ApiError ? error.cause : error;
  const cause = failed instanceof Error && failed.cause instanceof Error ? failed.cause : failed;
  return new CliError(
    `nothing answers at ${origin}: ${messageOf(cause) || 'connection refused'}`,
    exitCodes.failed,
    'Is Tailrace running? Set TAILRACE_URL when it runs elsewhere.',
    'retry',
  );
}

/** A server that is overloaded or restarts may answer otherwise later. */
function mayPass({ kind, status }: Pick<Failure, 'kind' | 'status'>): boolean {
  return kind === 'broken_off' || (kind === 'refused' && (status >= 500 || status === 429));
}

/** What a WebSocket's refusal says; its body is a problem document too. */
export function refusal(status: number, body: unknown): CliError {
  const failure = refusalIn(status, body);
  return new CliError(describe(failure), exitCodes.failed, undefined, mayPass(failure) ? 'retry' : 'give-up');
}

const optionOfField: Readonly<Record<string, string>> = {
  from: '--since',
  to: '--until',
  top: '--limit',
  by: '--by',
  step: '--step',
};

/** Fields of a request as the command line calls them, which has no bodies and queries. */
function inOptions(text: string): string {
  return visible(text).replaceAll(
    /\b(?:querystring|body|params)\.([a-z_]+)/g,
    (_, field: string) => optionOfField[field] ?? field,
  );
}

/** A failure for a person: of a refusal its title and detail, and each field where several are wrong. */
function describe({ kind, status, title, detail, errors = [], place, cause }: Failure): string {
  switch (kind) {
    case 'unreachable':
      return messageOf(cause);
    case 'broken_off':
      return `the server's answer broke off${cause === undefined ? '' : `: ${messageOf(cause)}`}`;
    case 'foreign':
      return `what answered ${status} is not Tailrace: something in between, such as a proxy, answered instead`;
    case 'misshapen':
      return `the server's answer is not of the form that this program knows (${visible(place ?? '')}): are they of the same version?`;
    case 'refused': {
      if (title === undefined) return `the server answered ${status}`;
      const lines = [`${visible(title)} (${status})`, ...(detail === undefined ? [] : [inOptions(detail)])];
      if (errors.length > 1) lines.push(...errors.map(({ field, message }) => `  ${inOptions(field)}: ${message}`));
      return lines.join('\n');
    }
  }
}
