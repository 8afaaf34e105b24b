import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Simulator } from '@tailrace/cloud-simulator/simulator.ts';
import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import type { Page, Source } from '@tailrace/ingestion/contract/connector.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { awsCloudWatch } from './aws-cloudwatch.ts';

let simulator: Simulator;
const sources: Source[] = [];
const servers: Server[] = [];

beforeEach(async () => {
  simulator = await startSimulator({ clouds: ['aws'] });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const source of sources.splice(0)) await source.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await simulator.stop();
});

function sourceOf(change: object = {}): Source {
  const { active } = simulator.aws.keys;
  const config = {
    access_key_id: active.accessKeyId,
    secret_access_key: active.secretAccessKey,
    region: simulator.aws.region,
    log_group: '/ecs/checkout',
    endpoint: simulator.aws.endpoint,
    ...change,
  };
  const source = connector(awsCloudWatch)
    .configure(config)
    .open({ logger: createLogger({ level: 'silent' }) });
  sources.push(source);
  return source;
}

/** A server that answers every request in the same way. */
async function serverThat(answers: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer({}, answers);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const never = new AbortController().signal;
const stopped = new Error('stopped');
const emit = (stream: string, ...messages: string[]) =>
  simulator.emit(messages.map((message) => ({ cloud: 'aws', message, stream })));

async function pagesOf(source: Source, signal = never): Promise<Page[]> {
  const now = Date.now() * 1000;
  const range = { start: now - 60_000_000, end: Math.ceil(now / 1000) * 1000 + 60_000_000 };
  const pages: Page[] = [];
  for await (const page of source.sweep(range, signal)) pages.push(page);
  return pages;
}

async function messagesOf(source: Source): Promise<string[]> {
  const events = (await pagesOf(source)).flatMap((page) => page.events);
  return events.map(({ payload }) => JSON.parse(payload).message).sort();
}

describe('a sweep', () => {
  it('pages, marks its last page, gives the cloud’s time, and retries nothing by itself', async () => {
    emit('s', 'a', 'b', 'c');
    const pages = await pagesOf(sourceOf({ batch_size: 2 }));
    expect(pages.map(({ events, last }) => [events.length, last])).toEqual([
      [2, false],
      [1, true],
    ]);
    for (const { providerTime = 0 } of pages) expect(Math.abs(providerTime / 1000 - Date.now())).toBeLessThan(5000);
    simulator.inject({ cloud: 'aws', kind: 'throttle' });
    await expect(pagesOf(sourceOf())).rejects.toMatchObject({ failure: 'throttled' });
    expect(simulator.requests.count('aws', 'FilterLogEvents', 'ThrottlingException')).toBe(1);
  });

  it('reads a group by its ARN, also as AWS shows it, and with temporary credentials', async () => {
    emit('s', 'x');
    const { region, account, keys } = simulator.aws;
    const session = {
      access_key_id: keys.session.accessKeyId,
      secret_access_key: keys.session.secretAccessKey,
      session_token: keys.session.sessionToken,
    };
    const log_group = `arn:aws:logs:${region}:${account}:log-group:/ecs/checkout:*`;
    expect(await messagesOf(sourceOf({ ...session, log_group }))).toEqual(['x']);
  });

  it('reads more streams than one request takes', async () => {
    const streams = Array.from({ length: 250 }, (_, index) => `task-${index}`);
    for (const stream of streams) emit(stream, stream);
    emit('other', 'not this one');
    const source = sourceOf({ log_streams: streams });
    await source.test(never);
    expect(await messagesOf(source)).toEqual(streams.toSorted());
    const pages = await pagesOf(source);
    expect(pages.map(({ last }) => last)).toEqual([false, false, true]);
  });

  it('reads what the filter pattern lets through', async () => {
    emit('s', 'ERROR one', 'INFO two');
    expect(await messagesOf(sourceOf({ filter_pattern: 'ERROR' }))).toEqual(['ERROR one']);
  });

  it('says how long AWS asks to wait', async () => {
    simulator.inject({ cloud: 'aws', kind: 'throttle', retryAfterSeconds: 9, count: 1 });
    await expect(pagesOf(sourceOf())).rejects.toMatchObject({ failure: 'throttled', retryAfterMs: 9000 });
  });

  it('gives up on a body that does not end, and cancels it', async () => {
    let closed = false;
    const endpoint = await serverThat((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).write('{"events":[');
      response.on('close', () => {
        closed = true;
      });
    });
    await expect(pagesOf(sourceOf({ endpoint, request_timeout_ms: 3000 }))).rejects.toMatchObject({
      failure: 'unreachable',
      message: 'the provider did not answer within 3 s',
    });
    await expect.poll(() => closed).toBe(true);
  });

  it('ends with an abort, in the middle of a body', async () => {
    const stop = new AbortController();
    const endpoint = await serverThat((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).write('{');
      setImmediate(() => stop.abort(stopped));
    });
    await expect(pagesOf(sourceOf({ endpoint }), stop.signal)).rejects.toBe(stopped);
  });
});

describe('credentials', () => {
  const role_arn = 'arn:aws:iam::123456789012:role/reader';
  const xml = (name: string, content: string) =>
    `<${name}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${name}Result>${content}</${name}Result></${name}Response>`;

  it('assumes a role with the key, and sends the external id', async () => {
    const { session } = simulator.aws.keys;
    let asked = '';
    const sts = await serverThat(async (request, response) => {
      for await (const chunk of request) asked += chunk;
      const credentials = `<Credentials><AccessKeyId>${session.accessKeyId}</AccessKeyId><SecretAccessKey>${session.secretAccessKey}</SecretAccessKey><SessionToken>${session.sessionToken}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>`;
      response.writeHead(200, { 'content-type': 'text/xml' }).end(xml('AssumeRole', credentials));
    });
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts);
    emit('s', 'x');
    expect(await messagesOf(sourceOf({ role_arn, external_id: 'from-tailrace' }))).toEqual(['x']);
    expect(Object.fromEntries(new URLSearchParams(asked))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: role_arn,
      ExternalId: 'from-tailrace',
    });
  });

  it('says that a role may not be assumed', async () => {
    const sts = await serverThat((_request, response) => {
      const error =
        '<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to assume</Message></Error>';
      response
        .writeHead(403, { 'content-type': 'text/xml' })
        .end(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}</ErrorResponse>`);
    });
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts);
    await expect(sourceOf({ role_arn }).test(never)).rejects.toMatchObject({
      failure: 'permission_denied',
      message: 'AWS: not authorized to assume',
      help: expect.stringContaining('trust policy'),
    });
  });

  it('does not wait for a token service that hangs', async () => {
    const stop = new AbortController();
    const sts = await serverThat(() => setImmediate(() => stop.abort(stopped)));
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts);
    await expect(sourceOf({ role_arn }).test(stop.signal)).rejects.toBe(stopped);
  });

  it("takes the host's own when the connection has none, and says so when there are none", async () => {
    const { active } = simulator.aws.keys;
    const none = { access_key_id: undefined, secret_access_key: undefined };
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_PROFILE', undefined);
    await expect(sourceOf(none).test(never)).rejects.toMatchObject({
      failure: 'auth_refused',
      help: expect.stringContaining('access_key_id'),
    });
    vi.stubEnv('AWS_ACCESS_KEY_ID', active.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', active.secretAccessKey);
    await sourceOf(none).test(never);
  });
});
