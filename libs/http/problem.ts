import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { z } from 'zod';

/** A problem document (RFC 9457), the body of every error answer. */
export const problemSchema = z
  .object({
    type: z.string().describe('urn:tailrace:problem: and a stable code.'),
    title: z.string().describe('What kind of problem, the same for every occurrence.'),
    status: z.int(),
    detail: z.string().optional().describe('What went wrong here and what to do about it.'),
    code: z.string().describe('The stable code alone.'),
    request_id: z.string().describe('Names the request in the log.'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('Each wrong field: a path such as body.connection_config.region.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document.' });

interface FieldError {
  readonly field: string;
  readonly message: string;
}

interface ProblemDetails {
  /** Stable code, where it says more than the status does. */
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** Headers that belong to the answer, such as `www-authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds after which the same request may succeed. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

const titles: Readonly<Record<number, readonly [code: string, title: string]>> = {
  400: ['bad_request', 'The request could not be read'],
  401: ['unauthenticated', 'A valid token is required'],
  403: ['forbidden', 'The token does not allow this'],
  404: ['not_found', 'No such resource'],
  405: ['method_not_allowed', 'The method is not allowed here'],
  406: ['not_acceptable', 'No such representation'],
  408: ['timed_out', 'The request took too long to arrive'],
  409: ['conflict', 'The resource is in another state'],
  410: ['gone', 'The resource is no longer kept'],
  412: ['precondition_failed', 'The resource has changed'],
  413: ['too_large', 'The request is too large'],
  414: ['uri_too_long', 'The address is too long'],
  415: ['unsupported_media_type', 'The content type is not supported'],
  422: ['invalid', 'The request is not valid'],
  428: ['precondition_required', 'The request must say which version it changes'],
  429: ['rate_limited', 'Too many requests'],
  431: ['headers_too_large', 'The headers are too large'],
  500: ['internal', 'Internal error'],
  502: ['bad_gateway', 'An upstream service failed'],
  503: ['unavailable', 'A required service is unavailable'],
  504: ['timed_out_inside', 'A required service took too long'],
};

/** An error answer, thrown by whatever handles a request. Its detail goes to the caller: no secrets, no internals. */
export class Problem extends TailraceError {
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, details: ProblemDetails = {}) {
    const [statusCode, title] = titles[status] ?? (status < 500 ? titles[400]! : titles[500]!);
    // A refusal is nobody's defect, so nobody reads its stack; recording one takes longer than the rest of the refusal.
    const { stackTraceLimit } = Error;
    if (status < 500) Error.stackTraceLimit = 0;
    super(details.detail ?? title, {
      code: details.code ?? statusCode,
      remedy: status === 429 || status >= 500 ? 'retry' : 'give-up',
      ...(details.cause === undefined ? {} : { cause: details.cause }),
    });
    Error.stackTraceLimit = stackTraceLimit;
    this.status = status;
    this.title = title;
    this.errors = details.errors;
    this.headers =
      details.retryAfterSeconds === undefined
        ? (details.headers ?? {})
        : { ...details.headers, 'retry-after': String(details.retryAfterSeconds) };
  }

  /** The body of the answer: of bounded size, whatever was wrong and however often. */
  document(requestId: string): z.output<typeof problemSchema> {
    const { errors } = this;
    return {
      type: `urn:tailrace:problem:${this.code}`,
      title: this.title,
      status: this.status,
      ...(this.message === this.title ? {} : { detail: cut(this.message, maxDetail) }),
      code: this.code,
      request_id: requestId,
      ...(errors === undefined ? {} : { errors: listed(errors) }),
    };
  }
}

const [maxDetail, maxErrors, maxField, maxMessage] = [2000, 50, 200, 500];

function listed(errors: readonly FieldError[]): FieldError[] {
  const first = errors.slice(0, maxErrors);
  const shown = first.map(({ field, message }) => ({ field: cut(field, maxField), message: cut(message, maxMessage) }));
  const more = errors.length - shown.length;
  return more === 0 ? shown : [...shown, { field: '', message: `and ${more} more problems` }];
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}

/** One wrong field. */
export function invalidField(field: string, message: string): Problem {
  return new Problem(422, { detail: `${field}: ${message}`, errors: [{ field, message }] });
}
