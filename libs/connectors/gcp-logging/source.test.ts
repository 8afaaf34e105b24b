import type { Simulator } from '@tailrace/cloud-simulator/simulator.ts';
import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { trustInThisThread } from '@tailrace/cloud-simulator/wire/certificate.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import type { Page, Source, TailMessage } from '@tailrace/ingestion/contract/connector.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gcpLogging } from './gcp-logging.ts';

// gRPC reads this once, when it is loaded, and trusts nothing else then; a machine behind a proxy may have it set.
vi.hoisted(() => {
  delete process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH;
});

let simulator: Simulator;
const sources: Source[] = [];

beforeEach(async () => {
  simulator = await startSimulator({ clouds: ['gcp'], quotas: true });
  trustInThisThread(simulator.certificate.ca);
});
afterEach(async () => {
  for (const source of sources.splice(0)) await source.close();
  await simulator.stop();
});

function sourceOf(change: object = {}): Source {
  const { gcp } = simulator;
  const config = {
    project_id: gcp.projectId,
    log_name: 'stdout',
    credentials_json: gcp.serviceAccounts.active,
    endpoint: `http://${gcp.endpoint}`,
    ...change,
  };
  const source = connector(gcpLogging)
    .configure(config)
    .open({ logger: createLogger({ level: 'silent' }) });
  sources.push(source);
  return source;
}

const never = new AbortController().signal;
const emit = (...texts: string[]) =>
  simulator.emit(texts.map((textPayload) => ({ cloud: 'gcp', entry: { textPayload } })));
const range = () => {
  const now = Date.now() * 1000;
  return { start: now - 60_000_000, end: Math.ceil(now / 1000) * 1000 + 60_000_000 };
};

async function pagesOf(source: Source, signal = never): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of source.sweep(range(), signal)) pages.push(page);
  return pages;
}

async function textsOf(source: Source): Promise<string[]> {
  const events = (await pagesOf(source)).flatMap((page) => page.events);
  return events.map(({ payload }) => JSON.parse(payload).textPayload);
}

describe('a sweep', () => {
  it('pages, marks its last page, gives the cloud’s time, and retries nothing by itself', async () => {
    emit('a', 'b', 'c');
    const pages = await pagesOf(sourceOf({ batch_size: 2 }));
    expect(pages.map(({ events, last }) => [events.length, last])).toEqual([
      [2, false],
      [1, true],
    ]);
    for (const { providerTime = 0 } of pages) expect(Math.abs(providerTime / 1000 - Date.now())).toBeLessThan(5000);
    simulator.inject({ cloud: 'gcp', kind: 'server-error', operation: 'ListLogEntries' });
    await expect(pagesOf(sourceOf())).rejects.toMatchObject({ failure: 'unreachable' });
    expect(simulator.requests.count('gcp', 'ListLogEntries', 'UNAVAILABLE')).toBe(1);
  });

  it('speaks TLS with a token that the service account signs', async () => {
    emit('over TLS');
    const source = sourceOf({ endpoint: `https://${simulator.gcp.tlsEndpoint}` });
    await source.test(never);
    expect(await textsOf(source)).toEqual(['over TLS']);
  });

  it('reads one log, one type of resource and what the filter lets through', async () => {
    const entry = (textPayload: string, type: string, severity: string) => ({
      cloud: 'gcp' as const,
      entry: { textPayload, severity, resource: { type, labels: {} } },
    });
    simulator.emit([
      entry('yes', 'gce_instance', 'ERROR'),
      entry('other type', 'global', 'ERROR'),
      entry('too mild', 'gce_instance', 'INFO'),
      { ...entry('other log', 'gce_instance', 'ERROR'), source: 'stderr' },
    ]);
    const source = sourceOf({ resource_type: 'gce_instance', filter: 'severity>=ERROR -- or worse' });
    expect(await textsOf(source)).toEqual(['yes']);
  });

  it('says how long Google asks to wait', async () => {
    simulator.inject({ cloud: 'gcp', kind: 'throttle', retryAfterSeconds: 9, count: 1 });
    await expect(pagesOf(sourceOf())).rejects.toMatchObject({ failure: 'throttled', retryAfterMs: 9000 });
  });

  it('gives up after its time, and cancels the request', async () => {
    simulator.inject({ cloud: 'gcp', kind: 'hang', count: 1 });
    await expect(pagesOf(sourceOf({ request_timeout_ms: 1000 }))).rejects.toMatchObject({
      failure: 'unreachable',
      message: 'the provider did not answer within 1 s',
    });
  });
});

describe('the tail', () => {
  /** Follows until the tail is open on the server's side. */
  async function follow(source: Source, signal = never) {
    const messages: TailMessage[] = [];
    const before = simulator.requests.count('gcp', 'TailLogEntries');
    const ended = (async () => {
      for await (const message of source.tail!(signal)) messages.push(message);
    })();
    ended.catch(() => undefined);
    await expect.poll(() => simulator.requests.count('gcp', 'TailLogEntries')).toBeGreaterThan(before);
    return { messages, ended };
  }

  it('brings what appears, with the identities that sweeps see', async () => {
    const source = sourceOf();
    const { messages } = await follow(source);
    emit('live');
    await expect.poll(() => messages).toHaveLength(1);
    const [page] = await pagesOf(source);
    expect(messages).toEqual([{ kind: 'events', events: page?.events }]);
  });

  it('says what was left out', async () => {
    const { messages } = await follow(sourceOf());
    simulator.inject({ cloud: 'gcp', kind: 'suppress', count: 1 });
    emit('lost', 'kept');
    await expect
      .poll(() => messages)
      .toContainEqual({ kind: 'incomplete', reason: expect.stringMatching(/left out 1 .*RATE_LIMIT/) });
  });

  it('ends with an error when the server ends it', async () => {
    const { ended } = await follow(sourceOf());
    simulator.inject({ cloud: 'gcp', kind: 'stream-cut', count: 1 });
    await expect(ended).rejects.toMatchObject({ name: 'ConnectorError', failure: 'unreachable' });
  });

  it('is refused when the project has ten already', async () => {
    const source = sourceOf();
    for (let open = 0; open < 10; open++) await follow(source);
    const { ended } = await follow(source);
    await expect(ended).rejects.toMatchObject({ failure: 'throttled' });
  });

  it('ends with an abort, on the server too', async () => {
    const stop = new AbortController();
    const source = sourceOf();
    const { ended } = await follow(source, stop.signal);
    stop.abort();
    await expect(ended).rejects.toBe(stop.signal.reason);
    // The project has room for ten.
    const tails: Awaited<ReturnType<typeof follow>>[] = [];
    for (let open = 0; open < 10; open++) tails.push(await follow(source));
    emit('live');
    await expect.poll(() => tails.map(({ messages }) => messages.length)).toEqual(tails.map(() => 1));
  });

  it('is not there when the connection does without', () => {
    expect(sourceOf({ tail: false }).tail).toBeUndefined();
  });
});
