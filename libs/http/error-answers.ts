import type { Socket } from 'node:net';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { answerAndClose } from './limits/connections.ts';
import { refusalPause } from './limits/refusal-pause.ts';
import { Problem } from './problem.ts';

/** Answers any error with a problem document, and logs what is our fault. */
export async function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const problem = problemOf(error);
  if (problem.status >= 500) {
    request.log.error({ err: error, status: problem.status }, 'a request failed');
  }
  await refusalPause(problem);
  return answer(problem, request, reply);
}

/** Sends a problem document. */
export function answer(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // A plain string keeps the route's response schemas out of it: a problem may answer any route.
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .serializer((text: string) => text)
    .send(JSON.stringify(problem.document(request.id)));
}

/** Bytes that are no HTTP request: there is no request to answer, so the socket is answered and closed. */
export function answerMalformed(socket: Socket): void {
  const body = JSON.stringify(new Problem(400).document(crypto.randomUUID()));
  const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}`;
  answerAndClose(socket, `${head}\r\nConnection: close\r\n\r\n${body}`);
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error.validation, error.validationContext);
  if (error instanceof TailraceError) return internal(error);
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500
    ? new Problem(status, { detail: refusalOf(error), cause: error })
    : new Problem(500, { cause: error });
}

/** A failure of ours: whether trying again may help is all the caller learns. */
function internal(error: TailraceError): Problem {
  if (error.remedy === 'give-up') return new Problem(500, { cause: error });
  return new Problem(503, { retryAfterSeconds: Math.ceil((error.retryAfterMs ?? 1000) / 1000), cause: error });
}

interface Issue {
  readonly instancePath: string;
  readonly message?: string | undefined;
  readonly params?: unknown;
}

function invalid(issues: readonly Issue[], context: string | undefined): Problem {
  const part = context ?? 'request';
  const errors = issues.slice(0, 50).map((issue) => ({
    field: `${part}${pathOf(issue.instancePath)}`,
    message: issue.message ?? 'is not valid',
  }));
  const detail = errors.map((each) => `${each.field}: ${each.message}`).join('; ');
  return new Problem(422, { detail: detail.slice(0, 2000), errors });
}

/** JSON pointer to dots: `/connection_config/region` → `.connection_config.region`. */
function pathOf(pointer: string): string {
  return pointer.replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}

function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

const refusals: Readonly<Record<string, string>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty; send JSON.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than this server takes.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send the body as application/json.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as Content-Length says.',
  FST_ERR_BAD_URL: 'The address holds an invalid percent-encoding.',
};

/** Fastify's own refusals in our words; others say nothing but their kind, since their text was not written for callers. */
function refusalOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return (
    refusals[code] ?? (error instanceof SyntaxError ? 'The body is not valid JSON.' : 'The request could not be read.')
  );
}
