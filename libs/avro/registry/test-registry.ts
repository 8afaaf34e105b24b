import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import avsc from 'avsc';

/** A schema registry for tests: Confluent's documented REST API over real HTTP, in memory, compatibility BACKWARD. */
export interface TestRegistry {
  /** With credentials in it when the registry asks for some. */
  readonly url: string;
  /** Such as `GET /schemas/ids/1`, in the order in which they came. */
  readonly requests: readonly string[];
  /** Registers without a check, as another program would. */
  add(schema: string, schemaType?: string): number;
  /** Answers every request so, until it is called with undefined. */
  answerWith(answer: Answer | undefined): void;
  /** Leaves requests without an answer, until called with false. */
  hang(hanging: boolean): void;
  /** Has compatibility checks say no without a reason, as Apicurio's do. */
  withoutReasons(): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** @param credentials `user:password` that every request must carry. */
export async function startTestRegistry(credentials?: string): Promise<TestRegistry> {
  const requests: string[] = [];
  const store = new SchemaStore();
  let fixed: Answer | undefined;
  let hanging = false;
  const authorization = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;

  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push(`${method} ${url}`);
    const body = await textOf(request);
    if (hanging) return;
    const refused = authorization !== undefined && headers.authorization !== authorization;
    const { status, body: text } =
      fixed ?? (refused ? failure(401, 40101, 'Unauthorized') : route(store, method, url, body));
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const userinfo = credentials === undefined ? '' : `${credentials.split(':').map(encodeURIComponent).join(':')}@`;
  return {
    url: `http://${userinfo}127.0.0.1:${port}`,
    requests,
    add: (schema, schemaType) => store.add(schema, schemaType),
    answerWith: (answer) => {
      fixed = answer;
    },
    hang: (value) => {
      hanging = value;
    },
    withoutReasons: () => {
      store.givesReasons = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Schemas by id, which counts from 1, and the ids of each subject's versions. */
class SchemaStore {
  givesReasons = true;
  readonly #schemas: { readonly schema: string; readonly schemaType?: string }[] = [];
  readonly #subjects = new Map<string, number[]>();

  get(id: number) {
    return this.#schemas[id - 1];
  }

  add(schema: string, schemaType?: string): number {
    const known = this.#schemas.findIndex((each) => each.schema === schema && each.schemaType === schemaType);
    if (known >= 0) return known + 1;
    return this.#schemas.push(schemaType === undefined ? { schema } : { schema, schemaType });
  }

  /** The ids of a subject's versions. */
  versions(subject: string): readonly number[] | undefined {
    return this.#subjects.get(subject);
  }

  register(subject: string, schema: string): number {
    const id = this.add(schema);
    this.#subjects.set(subject, [...(this.#subjects.get(subject) ?? []), id]);
    return id;
  }

  newest(subject: string): string | undefined {
    return this.get(this.#subjects.get(subject)?.at(-1) ?? 0)?.schema;
  }
}

function route(store: SchemaStore, method: string, url: string, body: string): Answer {
  const byId = /^\/schemas\/ids\/(\d+)$/.exec(url)?.[1];
  if (method === 'GET' && byId !== undefined) {
    const stored = store.get(Number(byId));
    return stored === undefined ? failure(404, 40403, 'Schema not found') : success(stored);
  }
  const [, resource, subject = ''] =
    /^(\/subjects|\/compatibility\/subjects)\/([^/?]+)(?:$|\/versions)/.exec(url) ?? [];
  if (method !== 'POST' || resource === undefined) return failure(404, 404, 'HTTP 404 Not Found');
  const { schema } = JSON.parse(body);
  if (resource === '/compatibility/subjects') return checkCompatibility(store, subject, schema);
  return url.endsWith('/versions') ? register(store, subject, schema) : lookUp(store, subject, schema);
}

function lookUp(store: SchemaStore, subject: string, schema: string): Answer {
  const versions = store.versions(subject);
  if (versions === undefined) return failure(404, 40401, 'Subject not found');
  const id = versions.find((each) => store.get(each)?.schema === schema);
  return id === undefined ? failure(404, 40403, 'Schema not found') : success({ subject, id, version: 1, schema });
}

function checkCompatibility(store: SchemaStore, subject: string, schema: string): Answer {
  const newest = store.newest(subject);
  if (newest === undefined) return failure(404, 40401, 'Subject not found');
  const messages = incompatibilities(schema, newest);
  return success({ is_compatible: messages.length === 0, ...(store.givesReasons && { messages }) });
}

function register(store: SchemaStore, subject: string, schema: string): Answer {
  const newest = store.newest(subject);
  const messages = newest === undefined ? [] : incompatibilities(schema, newest);
  if (messages.length > 0) return failure(409, 409, `incompatible: ${messages.join('; ')}`);
  return success({ id: store.register(subject, schema) });
}

function success(json: unknown): Answer {
  return { status: 200, body: JSON.stringify(json) };
}

function failure(status: number, code: number, message: string): Answer {
  return { status, body: JSON.stringify({ error_code: code, message }) };
}

/** Why avsc, which is not what is tested, cannot read the old schema's data by the new one. */
function incompatibilities(schema: string, old: string): string[] {
  try {
    avsc.Type.forSchema(JSON.parse(schema)).createResolver(avsc.Type.forSchema(JSON.parse(old)));
    return [];
  } catch (error) {
    return [String(error)];
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
