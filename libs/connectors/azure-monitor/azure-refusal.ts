import { retryAfterMs } from '@tailrace/errors/retry-after.ts';

/** Who answered: Entra ID, where tokens come from, or Log Analytics, where logs do. */
export type AzureService = 'Entra ID' | 'Log Analytics';

interface Headers {
  get(name: string): string | undefined;
}

/** An HTTP answer that is no success, as far as it matters. Thrown before the SDKs make errors of their own of it. */
export class AzureRefusal extends Error {
  readonly service: AzureService;
  readonly status: number;
  /** Every error code of the answer, outermost first. */
  readonly codes: readonly string[];
  readonly retryAfterMs: number | undefined;

  constructor(service: AzureService, status: number, headers: Headers, body: string | null | undefined) {
    const { codes, said } = readBody(body ?? '');
    super(said === '' ? `${service} answered with HTTP status ${status}` : said);
    this.name = 'AzureRefusal';
    this.service = service;
    this.status = status;
    this.codes = codes;
    this.retryAfterMs = retryAfterMs(headers.get('retry-after'));
  }
}

/**
 * What an error's body says. Log Analytics nests errors, the innermost of which says what is wrong with a query
 * (https://learn.microsoft.com/azure/azure-monitor/logs/api/errors); Entra ID has a code and a description
 * (https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
 */
function readBody(body: string): { readonly codes: readonly string[]; readonly said: string } {
  const answer = parseJson(body);
  const error = property(answer, 'error');
  if (typeof error === 'string') return { codes: [error], said: described(property(answer, 'error_description')) };
  return innermost(error);
}

/** The codes and the last message along `innererror` and `details`. */
export function innermost(error: unknown): { readonly codes: readonly string[]; readonly said: string } {
  const codes: string[] = [];
  let said = '';
  let current = error;
  while (typeof current === 'object' && current !== null && codes.length < 10) {
    const [code, message] = [property(current, 'code'), property(current, 'message')];
    codes.push(typeof code === 'string' ? code : '');
    if (typeof message === 'string' && message !== '') said = message;
    const details = property(current, 'details');
    current = property(current, 'innererror') ?? (Array.isArray(details) ? details[0] : undefined);
  }
  return { codes, said };
}

/** Entra's descriptions go on with trace ids and times. */
function described(text: unknown): string {
  if (typeof text !== 'string') return '';
  return /^.*?(?=\s+Trace ID:|\s+Correlation ID:|\s+Timestamp:|\r|\n|$)/.exec(text)?.[0] ?? '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
