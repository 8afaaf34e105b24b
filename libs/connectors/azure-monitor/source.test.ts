import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Simulator } from '@tailrace/cloud-simulator/simulator.ts';
import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { certificateFor, trustInThisThread } from '@tailrace/cloud-simulator/wire/certificate.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import type { Page, Source } from '@tailrace/ingestion/contract/connector.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { azureMonitor } from './azure-monitor.ts';
import { scopeOf } from './query-client.ts';

let simulator: Simulator;
const servers: Server[] = [];
const never = new AbortController().signal;
const stopped = new Error('stopped');

beforeEach(async () => {
  simulator = await startSimulator({ clouds: ['azure'] });
  trustInThisThread(simulator.certificate.ca);
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await simulator.stop();
});

function sourceOf(change: object = {}): Source {
  const { azure } = simulator;
  const config = {
    workspace_id: azure.workspaceId,
    tenant_id: azure.tenantId,
    client_id: azure.clients.active.clientId,
    client_secret: azure.clients.active.clientSecret,
    query: 'AppTraces',
    endpoint: azure.endpoint,
    authority_host: azure.authorityHost,
    ...change,
  };
  return connector(azureMonitor)
    .configure(config)
    .open({ logger: createLogger({ level: 'silent' }) });
}

/** A Log Analytics that answers every query in the same way; tokens come from the simulator. */
async function endpointThat(answers: Parameters<typeof createServer>[1]): Promise<string> {
  const certificate = await certificateFor('127.0.0.1');
  trustInThisThread(certificate.ca);
  const server = createServer({ key: certificate.key, cert: certificate.cert }, answers);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const emit = (...messages: string[]) =>
  simulator.emit(messages.map((Message) => ({ cloud: 'azure', row: { Message } })));
const range = () => {
  const now = Date.now() * 1000;
  return { start: now - 60_000_000, end: Math.ceil(now / 1000) * 1000 + 60_000_000 };
};

async function pagesOf(source: Source, signal = never): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of source.sweep(range(), signal)) pages.push(page);
  return pages;
}

async function messagesOf(source: Source): Promise<string[]> {
  const events = (await pagesOf(source)).flatMap((page) => page.events);
  return events.map(({ payload }) => JSON.parse(payload).Message);
}

describe('a sweep', () => {
  it('pages through rows of one ingestion time, each once, marks its last page and gives the cloud’s time', async () => {
    const observedTimestamp = Date.now() * 1000;
    const messages = Array.from({ length: 25 }, (_, index) => `m${index}`);
    simulator.emit(messages.map((Message) => ({ cloud: 'azure', row: { Message }, observedTimestamp })));
    const pages = await pagesOf(sourceOf({ batch_size: 10 }));
    expect(pages.map(({ events, last }) => [events.length, last])).toEqual([
      [10, false],
      [10, false],
      [5, true],
    ]);
    const ids = pages.flatMap(({ events }) => events.map(({ id }) => id));
    expect(new Set(ids).size).toBe(25);
    for (const { providerTime = 0 } of pages) expect(Math.abs(providerTime / 1000 - Date.now())).toBeLessThan(5000);
  });

  it('takes no content for no rows', async () => {
    emit('x');
    simulator.inject({ cloud: 'azure', kind: 'no-content', count: 1 });
    const source = sourceOf();
    expect(await pagesOf(source)).toMatchObject([{ events: [], last: true }]);
    expect(await messagesOf(source)).toEqual(['x']);
  });

  it('discards a partial answer and asks for a shorter range', async () => {
    emit('a', 'b');
    simulator.inject({ cloud: 'azure', kind: 'partial-error', count: 1 });
    await expect(pagesOf(sourceOf())).rejects.toMatchObject({
      failure: 'range_too_large',
      message: expect.stringContaining('partial answer was discarded: Something went wrong'),
    });
  });

  it('asks for a token once, and for another when one is refused', async () => {
    const source = sourceOf();
    await pagesOf(source);
    await pagesOf(source);
    expect(simulator.requests.count('azure', 'token')).toBe(1);
    simulator.inject({ cloud: 'azure', operation: 'query', kind: 'expired-credentials', count: 1 });
    await expect(pagesOf(source)).rejects.toMatchObject({ failure: 'auth_refused' });
    await pagesOf(source);
    expect(simulator.requests.count('azure', 'token')).toBe(2);
  });

  it('says what Kusto says of a query, not that "the request had some invalid properties"', async () => {
    await expect(sourceOf({ query: 'AppTraces | where NoSuchColumn == 1' }).test(never)).rejects.toMatchObject({
      failure: 'invalid_config',
      message: expect.stringMatching(/^Azure: .*NoSuchColumn/),
    });
  });

  it('does not retry', async () => {
    simulator.inject({ cloud: 'azure', operation: 'query', kind: 'throttle', retryAfterSeconds: 9 });
    await expect(pagesOf(sourceOf())).rejects.toMatchObject({ failure: 'throttled', retryAfterMs: 9000 });
    expect(simulator.requests.count('azure', 'query')).toBe(1);
  });

  it('ends with an abort, in the middle of a body, and cancels the request', async () => {
    const stop = new AbortController();
    let closed = false;
    const endpoint = await endpointThat((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"tables":[');
      response.on('close', () => {
        closed = true;
      });
      setTimeout(() => stop.abort(stopped), 20);
    });
    await expect(pagesOf(sourceOf({ endpoint }), stop.signal)).rejects.toBe(stopped);
    await expect.poll(() => closed).toBe(true);
  });
});

describe('answers of Log Analytics', () => {
  const error = (code: string, inner?: object) =>
    JSON.stringify({ error: { code, message: `said ${code}`, ...inner } });

  it.each([
    [
      400,
      error('BadArgumentError', { innererror: { code: 'SyntaxError', message: 'at |' } }),
      'invalid_config',
      'at |',
    ],
    [400, error('ResponseSizeError'), 'range_too_large', 'said ResponseSizeError'],
    [401, error('AuthenticationFailed'), 'auth_refused', 'said AuthenticationFailed'],
    [403, error('InsufficientAccessError'), 'permission_denied', 'said InsufficientAccessError'],
    [403, error('InvalidAuthenticationTokenAudience'), 'auth_refused', 'said InvalidAuthenticationTokenAudience'],
    [404, error('PathNotFoundError'), 'not_found', 'said PathNotFoundError'],
    [413, '', 'range_too_large', 'Log Analytics answered with HTTP status 413'],
    [429, '', 'throttled', 'Log Analytics answered with HTTP status 429'],
    [500, '<html>oops</html>', 'unreachable', 'Log Analytics answered with HTTP status 500'],
    [502, '', 'unreachable', 'Log Analytics answered with HTTP status 502'],
    [504, error('GatewayTimeout'), 'range_too_large', 'said GatewayTimeout'],
    [302, '', 'unreachable', 'Log Analytics answered with HTTP status 302'],
  ] as const)('%i %s', async (status, body, failure, said) => {
    const headers = { 'content-type': 'application/json', location: 'https://127.0.0.1:9/', 'retry-after': '3' };
    const endpoint = await endpointThat((_request, response) => void response.writeHead(status, headers).end(body));
    await expect(sourceOf({ endpoint }).test(never)).rejects.toMatchObject({
      failure,
      message: `Azure: ${said}`,
      retryAfterMs: 3000,
      help: expect.any(String),
    });
  });

  it('that cannot be read are not shown: they hold logs', async () => {
    const headers = { 'content-type': 'application/json' };
    const endpoint = await endpointThat(
      (_request, response) => void response.writeHead(200, headers).end('{"a private line'),
    );
    const error = await sourceOf({ endpoint })
      .test(never)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: 'unreachable', message: 'Azure: the answer was cut short, or is no JSON' });
  });
});

describe('Entra ID', () => {
  it.each([
    ['throttle', 'throttled'],
    ['server-error', 'unreachable'],
    ['connection-reset', 'unreachable'],
    ['truncate', 'unreachable'],
    ['expired-credentials', 'auth_refused'],
  ] as const)('in trouble (%s) is distinguished from a refused secret', async (kind, failure) => {
    simulator.inject({ cloud: 'azure', operation: 'token', kind, count: 1, retryAfterSeconds: 4 });
    const source = sourceOf();
    const error = await source.test(never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure });
    if (kind === 'throttle') expect(error).toMatchObject({ retryAfterMs: 4000 });
    expect(simulator.requests.count('azure', 'token')).toBe(1);
  });

  it.each(['openid', 'token'])('that hangs (%s) holds up nobody', async (operation) => {
    const stop = new AbortController();
    simulator.inject({ cloud: 'azure', operation, kind: 'hang' });
    const ended = sourceOf().test(stop.signal);
    ended.catch(() => undefined);
    await expect.poll(() => simulator.requests.count('azure', operation, 'hang')).toBe(1);
    stop.abort(stopped);
    await expect(ended).rejects.toBe(stopped);
    const late = sourceOf({ request_timeout_ms: 1000 }).test(never);
    await expect(late).rejects.toMatchObject({ failure: 'unreachable', message: /did not answer within 1 s/ });
  });

  it.each([
    [undefined, 'https://api.loganalytics.io/.default'],
    ['https://127.0.0.1:8443/v1', 'https://api.loganalytics.io/.default'],
    ['https://api.loganalytics.us/v1', 'https://api.loganalytics.us/.default'],
    ['https://api.loganalytics.azure.cn/v1', 'https://api.loganalytics.azure.cn/.default'],
    ['https://api.loganalytics.us.example.com/v1', 'https://api.loganalytics.io/.default'],
  ])('is asked for the token of the cloud that the endpoint %s is in', (endpoint, scope) => {
    expect(scopeOf(endpoint)).toBe(scope);
  });
});

it('the source shows no secret, whatever goes wrong', async () => {
  const secret = simulator.azure.clients.active.clientSecret;
  const echo = await endpointThat((request, response) => {
    const said = `${secret} ${request.headers.authorization}`;
    const error = { code: 'BadArgumentError', message: said, innererror: { message: said } };
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  });
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  for (const change of [
    { endpoint: echo },
    { endpoint: 'https://127.0.0.1:9/v1' },
    { authority_host: 'https://127.0.0.1:9' },
  ]) {
    const err = await sourceOf(change)
      .test(never)
      .catch((thrown: unknown) => thrown);
    if (!(err instanceof ConnectorError)) throw err;
    logger.warn({ err }, err.message);
    expect(`${err.message} ${err.help} ${err.stack}`).not.toContain(secret);
  }
  expect(lines).toHaveLength(3);
  expect(lines.join()).not.toContain(secret);
  expect(lines.join()).not.toMatch(/Bearer eyJ/);
});
