import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { z } from 'zod';
import { accessToken, type CliContext, serverUrl } from './cli-context.ts';
import { CliError, exitCodes } from './cli-error.ts';
import { visible } from './output/terminal.ts';

const problem = z.looseObject({
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.looseObject({ field: z.string(), message: z.string() })).optional(),
});

interface CallOptions {
  readonly body?: unknown;
  readonly ifMatch?: string;
  /** Ends the call at once; it ends after 30 s anyway. */
  readonly signal?: AbortSignal;
}

const answersWithinMs = 30_000;

export interface ApiAnswer {
  readonly body: unknown;
  readonly etag: string | undefined;
}

/** Calls the HTTP API as one project. */
export class ApiClient {
  readonly #context: CliContext;
  readonly #project: string;

  constructor(context: CliContext, project: string) {
    this.#context = context;
    this.#project = project;
  }

  /**
   * @param path below /api/v1/live-logs/.
   * @throws CliError that says what the server answered; with remedy `retry` where the same call may succeed later.
   */
  async call(method: string, path: string, options: CallOptions = {}): Promise<ApiAnswer> {
    const limit = AbortSignal.timeout(answersWithinMs);
    const response = await request(
      this.#urlOf(path),
      {
        method,
        headers: {
          authorization: await this.#authorization(),
          ...(options.body !== undefined && { 'content-type': 'application/json' }),
          ...(options.ifMatch !== undefined && { 'if-match': options.ifMatch }),
        },
        ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      },
      options.signal ? AbortSignal.any([options.signal, limit]) : limit,
    );
    const body = await bodyOf(response);
    if (!response.ok) throw refusal(response.status, body);
    return { body, etag: response.headers.get('etag') ?? undefined };
  }

  /**
   * Asks for an answer that comes line by line (NDJSON), however long that takes.
   * @param path below /api/v1/live-logs/.
   * @throws CliError that says what the server answered.
   */
  async stream(method: string, path: string, body: unknown): Promise<Response> {
    const response = await request(
      this.#urlOf(path),
      {
        method,
        headers: {
          authorization: await this.#authorization(),
          accept: 'application/x-ndjson',
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      },
      null,
    );
    if (!response.ok) throw refusal(response.status, await bodyOf(response));
    return response;
  }

  #urlOf(path: string): URL {
    return new URL(`/api/v1/live-logs/${path}`, serverUrl(this.#context));
  }

  async #authorization(): Promise<string> {
    return `Bearer ${await accessToken(this.#context, this.#project)}`;
  }
}

/**
 * @param signal ends the request; after 30 s when left out.
 * @throws CliError when nothing answers.
 */
export async function request(
  url: URL,
  init: RequestInit = {},
  signal: AbortSignal | null = AbortSignal.timeout(answersWithinMs),
): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new CliError(
      `nothing answers at ${url.origin}: ${messageOf(cause) || 'connection refused'}`,
      exitCodes.failed,
      'Is Tailrace running? Set TAILRACE_URL when it runs elsewhere.',
      'retry',
    );
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text().catch((error) => {
    throw new CliError(`the server's answer broke off: ${messageOf(error)}`, exitCodes.failed, undefined, 'retry');
  });
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
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

/** What a problem document says, for a person. A server that is overloaded or restarts may answer otherwise later. */
export function refusal(status: number, body: unknown): CliError {
  const remedy = status >= 500 || status === 429 ? 'retry' : 'give-up';
  const parsed = problem.safeParse(body);
  if (!parsed.success) return new CliError(`the server answered ${status}`, exitCodes.failed, undefined, remedy);
  const { title, errors = [] } = parsed.data;
  const detail = parsed.data.detail === undefined ? undefined : inOptions(parsed.data.detail);
  const lines = [`${title} (${status})`, ...(detail === undefined ? [] : [detail])];
  if (errors.length > 1) lines.push(...errors.map(({ field, message }) => `  ${inOptions(field)}: ${message}`));
  return new CliError(lines.join('\n'), exitCodes.failed, undefined, remedy);
}
