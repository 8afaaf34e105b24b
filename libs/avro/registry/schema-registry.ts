import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { z } from 'zod';
import { RegistryUnavailableError, SchemaRejectedError } from '../errors.ts';

export interface SchemaRegistryOptions {
  /** Where its REST API is, path included. A user and password in it go into the Authorization header and nowhere else. */
  readonly url: string;
  /** Longest time of one request, milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** Ends requests under way. */
  readonly signal?: AbortSignal;
}

/** No schema comes near this; what does is no registry. */
const maxAnswerBytes = 4 * 1024 * 1024;
const mediaType = 'application/vnd.schemaregistry.v1+json';

const idAnswer = z.object({ id: z.int().nonnegative() });
const schemaAnswer = z.object({ schema: z.string(), schemaType: z.string().default('AVRO') });
const compatibilityAnswer = z.object({ is_compatible: z.boolean(), messages: z.array(z.string()).default([]) });
const errorAnswer = z.object({ error_code: z.int(), message: z.string().default('') });

/**
 * Subject, version and schema not found. A plain 404 means that no registry is at this URL, which must not be taken for
 * its answer: records would be given up for it.
 */
const notFoundCodes: readonly number[] = [40401, 40402, 40403];

/**
 * A registry with Confluent's REST API: Confluent's own, Karapace, Redpanda, Apicurio.
 * https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
export class SchemaRegistry {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;

  constructor({ url, timeoutMs = 5000, signal }: SchemaRegistryOptions) {
    const { username, password, origin, pathname } = new URL(url);
    this.#base = origin + pathname.replace(/\/+$/, '');
    this.#headers = {
      accept: `${mediaType}, application/json`,
      'content-type': mediaType,
      ...(username !== '' && { authorization: basicAuthorization(username, password) }),
    };
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  /**
   * The id of a schema under its subject; registers it when it is new there and compatible with what is.
   * @throws SchemaRejectedError when it is not compatible, RegistryUnavailableError
   */
  async register(subject: string, schema: string): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    // Looked up first: in everyday use nothing is new, and a process may have the right to read only.
    const known = await this.#post(path, schema);
    if (known.status === 'ok') return this.#parse(idAnswer, known.json).id;
    await this.#requireCompatible(subject, schema);
    const registered = await this.#post(`${path}/versions`, schema);
    if (registered.status === 'ok') return this.#parse(idAnswer, registered.json).id;
    if (registered.status === 'not found') throw this.#unavailable('does not know the path of its own API');
    throw new SchemaRejectedError(`the schema registry refuses the schema of ${subject}: ${registered.message}`);
  }

  /** The schema as JSON; undefined when there is no Avro schema of this id. @throws RegistryUnavailableError */
  async schema(id: number): Promise<string | undefined> {
    const answer = await this.#request('GET', `/schemas/ids/${id}`);
    if (answer.status === 'not found') return undefined;
    if (answer.status === 'refused') throw this.#unavailable(`does not give out schema ${id}: ${answer.message}`);
    const { schema, schemaType } = this.#parse(schemaAnswer, answer.json);
    return schemaType === 'AVRO' ? schema : undefined;
  }

  /** Registering checks this too, but Confluent's registry then does not say what is wrong. */
  async #requireCompatible(subject: string, schema: string): Promise<void> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest?verbose=true`;
    const answer = await this.#post(path, schema);
    if (answer.status !== 'ok') return;
    const { is_compatible, messages } = this.#parse(compatibilityAnswer, answer.json);
    // Apicurio says why only when asked to register.
    if (is_compatible || messages.length === 0) return;
    const why = messages.join('; ').slice(0, 2000);
    throw new SchemaRejectedError(`the schema of ${subject} is not compatible with the registered one: ${why}`);
  }

  #post(path: string, schema: string): Promise<Answer> {
    return this.#request('POST', path, JSON.stringify({ schema }));
  }

  async #request(method: string, path: string, body?: string): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = this.#signal === undefined ? timeout : AbortSignal.any([timeout, this.#signal]);
    try {
      const response = await fetch(this.#base + path, {
        method,
        headers: this.#headers,
        signal,
        ...(body && { body }),
      });
      return this.#answerOf(response.status, await textOf(response));
    } catch (error) {
      if (error instanceof RegistryUnavailableError) throw error;
      const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw new RegistryUnavailableError(
        `the schema registry at ${this.#base} did not answer: ${messageOf(reason)}`,
        error,
      );
    }
  }

  #answerOf(status: number, text: string): Answer {
    const json = jsonOf(text);
    if (status >= 200 && status < 300) return { status: 'ok', json };
    const error = errorAnswer.safeParse(json).data;
    if (status === 404 && error !== undefined && notFoundCodes.includes(error.error_code))
      return { status: 'not found' };
    if (status === 409 || status === 422) return { status: 'refused', message: error?.message ?? `status ${status}` };
    if (status === 401 || status === 403) throw this.#unavailable('refused the credentials');
    throw this.#unavailable(`answered ${status}${error === undefined ? '' : `: ${error.message.slice(0, 300)}`}`);
  }

  #parse<Type extends z.ZodType>(type: Type, json: unknown): z.infer<Type> {
    const parsed = type.safeParse(json);
    if (!parsed.success) throw this.#unavailable("gave an answer that is not one of a schema registry's");
    return parsed.data;
  }

  #unavailable(what: string): RegistryUnavailableError {
    return new RegistryUnavailableError(`the schema registry at ${this.#base} ${what}`);
  }
}

type Answer =
  | { readonly status: 'ok'; readonly json: unknown }
  | { readonly status: 'not found' }
  | { readonly status: 'refused'; readonly message: string };

function basicAuthorization(username: string, password: string): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** The body, as long as it is of a size that a registry answers with. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw new Error(`the answer is longer than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
