import { Logging, type protos } from '@google-cloud/logging';
import { credentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../clock.ts';
import type { SimulatorOptions } from '../options.ts';
import type { Simulator } from '../simulator.ts';
import { startSimulator } from '../start.ts';
import type { JsonObject } from '../store/cloud-event.ts';
import { trustInThisThread } from '../wire/certificate.ts';

vi.setConfig({ testTimeout: 30_000 });

// gRPC reads this once, when it is loaded, and trusts nothing else then; a machine behind a proxy may have it set.
vi.hoisted(() => {
  delete process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH;
});

/** Machines may be busy. */
const patience = { timeout: 30_000 };
const start = Date.UTC(2026, 0, 2, 3, 4, 5);
let clock: ManualClock;
let simulator: Simulator;
const clients: Logging[] = [];

async function started(options: SimulatorOptions = {}): Promise<void> {
  await simulator?.stop();
  clock = new ManualClock(start);
  simulator = await startSimulator({ clouds: ['gcp'], clock, ...options });
}

beforeEach(async () => {
  // The SDK's own wrapper passes the option on that google-auth-library warns of.
  vi.spyOn(console, 'warn').mockReturnValue();
  await started();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.loggingService.close();
  await simulator.stop();
});

function serviceOf(account = simulator.gcp.serviceAccounts.active, tls = false): Logging['loggingService'] {
  const [host = '', port] = (tls ? simulator.gcp.tlsEndpoint : simulator.gcp.endpoint).split(':');
  const client = new Logging({
    projectId: simulator.gcp.projectId,
    apiEndpoint: host,
    port: Number(port),
    credentials: { client_email: account.client_email, private_key: account.private_key },
    ...(tls ? {} : { sslCreds: credentials.createInsecure() }),
  });
  clients.push(client);
  // The wrapper makes the generated client only when asked for the first time.
  return client.loggingService;
}

interface Ask {
  readonly filter?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
  readonly orderBy?: string;
  readonly resourceNames?: string[];
}

type Entry = protos.google.logging.v2.ILogEntry;

const once = { autoPaginate: false, retry: null, timeout: 15_000 };

async function page(ask: Ask = {}, service = serviceOf()) {
  const request = { resourceNames: [`projects/${simulator.gcp.projectId}`], ...ask };
  const [entries, , response] = await service.listLogEntries(request, once);
  const shown: readonly Entry[] = entries ?? [];
  return { entries: shown, token: response?.nextPageToken ?? '' };
}

/** All pages; each as its texts. */
async function pages(ask: Ask = {}): Promise<string[][]> {
  const service = serviceOf();
  const all: string[][] = [];
  let pageToken = '';
  do {
    const { entries, token } = await page({ ...ask, pageToken }, service);
    all.push(entries.map((entry) => entry.textPayload ?? ''));
    pageToken = token;
  } while (pageToken !== '');
  return all;
}

function emit(...texts: string[]) {
  return simulator.emit(
    texts.map((textPayload, index) => ({ cloud: 'gcp', id: `id${index}`, entry: { textPayload } })),
  );
}

describe('ListLogEntries', () => {
  it('shows an entry as it was emitted, to the nanosecond', async () => {
    const entry: JsonObject = {
      severity: 'ERROR',
      resource: { type: 'k8s_container', labels: { pod_name: 'search-1' } },
      jsonPayload: { message: 'no answer', tries: 3, last: true, none: null, tags: ['a', { b: 1 }] },
      labels: { 'k8s-pod/app': 'search' },
      httpRequest: { requestMethod: 'GET', status: 503, latency: '1.250s', responseSize: '12' },
      trace: `projects/${simulator.gcp.projectId}/traces/4bf92f3577b34da6a3ce929d0e0e4736`,
      spanId: '00f067aa0ba902b7',
    };
    simulator.emit([
      { cloud: 'gcp', source: 'run.googleapis.com/stderr', entry, timestamp: start * 1000 - 1, timestampNanos: 123 },
    ]);
    const [shown] = (await page()).entries;
    expect(shown).toMatchObject({
      logName: `projects/${simulator.gcp.projectId}/logs/run.googleapis.com%2Fstderr`,
      insertId: simulator.ledger.entries()[0]?.id,
      severity: 'ERROR',
      labels: entry.labels,
      trace: entry.trace,
      spanId: entry.spanId,
      timestamp: { seconds: `${start / 1000 - 1}`, nanos: 999_999_123 },
      receiveTimestamp: { seconds: `${start / 1000}`, nanos: 0 },
      httpRequest: { requestMethod: 'GET', status: 503, latency: { seconds: '1', nanos: 250_000_000 } },
      jsonPayload: {
        fields: { message: { stringValue: 'no answer' }, tries: { numberValue: 3 }, tags: { kind: 'listValue' } },
      },
    });
    const [ledgerEntry] = simulator.ledger.entries();
    expect(ledgerEntry?.identity).toBe(`${shown?.logName} 2026-01-02T03:04:04.999999123Z ${shown?.insertId}`);
  });

  it('shows audit logs as Any', async () => {
    const protoPayload = {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      serviceName: 'storage.googleapis.com',
      methodName: 'storage.buckets.delete',
      authenticationInfo: { principalEmail: 'ops@shop.example' },
      request: { name: 'a' },
    };
    simulator.emit([{ cloud: 'gcp', entry: { protoPayload } }]);
    const [shown] = (await page()).entries;
    expect(shown?.protoPayload?.type_url).toBe(protoPayload['@type']);
    const bytes = Buffer.from(shown?.protoPayload?.value ?? '');
    expect(bytes.includes('storage.buckets.delete') && bytes.includes('ops@shop.example')).toBe(true);
  });

  it('orders by timestamp, ties by insertId', async () => {
    const at = (micros: number) => ({ timestamp: start * 1000 - 1000 + micros });
    simulator.emit([
      { cloud: 'gcp', id: 'b', ...at(5), entry: { textPayload: '5b' } },
      { cloud: 'gcp', id: 'a', ...at(5), entry: { textPayload: '5a' } },
      { cloud: 'gcp', id: 'z', ...at(1), entry: { textPayload: '1z' } },
    ]);
    expect(await pages({ orderBy: 'timestamp asc', pageSize: 2 })).toEqual([['1z', '5a'], ['5b']]);
    expect(await pages({ orderBy: 'timestamp desc', pageSize: 2 })).toEqual([['5b', '5a'], ['1z']]);
    await expect(page({ orderBy: 'severity' })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('gives 50 entries where no size is asked for, 1000 at most', async () => {
    emit(...Array.from({ length: 1001 }, (_, index) => `${index}`));
    expect((await page()).entries).toHaveLength(50);
    expect((await page({ pageSize: 5000 })).entries).toHaveLength(1000);
  });

  it('refuses a token with another filter, after 24 hours, or made up', async () => {
    emit('1', '2');
    const { token } = await page({ pageSize: 1 });
    const refusal = { code: status.INVALID_ARGUMENT };
    await expect(page({ filter: 'severity>=INFO', pageToken: token })).rejects.toMatchObject(refusal);
    await expect(page({ pageToken: 'junk' })).rejects.toMatchObject(refusal);
    expect((await page({ pageToken: token })).entries).toMatchObject([{ textPayload: '2' }]);
    clock.advance(24 * 3_600_000 + 1);
    await expect(page({ pageToken: token })).rejects.toMatchObject(refusal);
  });

  it('shows an entry only from its visible time on, and keeps projects apart', async () => {
    simulator.emit([
      { cloud: 'gcp', entry: { textPayload: 'slow' }, visibleAfterMs: 90_000 },
      { cloud: 'gcp', scope: simulator.gcp.otherProjectId, entry: { textPayload: 'other' } },
    ]);
    expect(await pages()).toEqual([[]]);
    clock.advance(90_000);
    expect(await pages()).toEqual([['slow']]);
    const both = [simulator.gcp.projectId, simulator.gcp.otherProjectId].map((id) => `projects/${id}`);
    expect((await pages({ resourceNames: both })).flat().sort()).toEqual(['other', 'slow']);
  });

  const iso = (ms: number) => `"${new Date(start + ms).toISOString()}"`;
  it.each([
    ['', 'abcd'],
    [`timestamp>=${iso(-2000)} AND timestamp<${iso(0)}`, 'bc'],
    [`timestamp >= ${iso(-2000)}\nreceiveTimestamp>=${iso(5000)}`, 'd'],
    ['severity>=WARNING', 'cd'],
    ['severity = info OR severity = 600', 'bd'],
    ['insertId="id-c"', 'c'],
    ['textPayload:"TIMEOUT"', 'c'],
    ['timeout', 'c'],
    ['resource.type="k8s_container" AND NOT resource.labels.pod_name="p1"', 'b'],
    ['resource.type=("k8s_container" OR "gce_instance")', 'abc'],
    ['labels."k8s-pod/app"=search', 'a'],
    ['jsonPayload.status>=500', 'd'],
    ['jsonPayload.user.id=~"^u[0-9]$"', 'd'],
    ['-severity>=WARNING', 'ab'],
    ['jsonPayload.status!=200', 'd'],
    ['jsonPayload:*', 'd'],
    ['severity=DEBUG OR severity=INFO textPayload:two', 'b'],
    ['(severity=DEBUG OR (severity=INFO AND textPayload:nothing)) -- a comment', 'a'],
    ['log_id("stdout") AND severity<=DEBUG', 'a'],
    ['logName="projects/shop-prod/logs/run.googleapis.com%2Fstderr"', 'd'],
  ])('understands the filter %s', async (filter, expected) => {
    const pod = (name: string) => ({ type: 'k8s_container', labels: { pod_name: name } });
    const entries: (JsonObject & { source?: string })[] = [
      { textPayload: 'one', severity: 'DEBUG', resource: pod('p1'), labels: { 'k8s-pod/app': 'search' } },
      { textPayload: 'two', severity: 'INFO', resource: pod('p2') },
      { textPayload: 'Timeout of x', severity: 'ERROR', resource: { type: 'gce_instance', labels: {} } },
      { jsonPayload: { status: 503, user: { id: 'u1' } }, severity: 'CRITICAL' },
    ];
    simulator.emit(
      entries.map((entry, index) => ({
        cloud: 'gcp',
        id: `id-${'abcd'[index]}`,
        source: index === 3 ? 'run.googleapis.com/stderr' : 'stdout',
        timestamp: (start + (index - 3) * 1000) * 1000,
        observedTimestamp: (start + index * 2000) * 1000,
        entry,
      })),
    );
    clock.advance(60_000);
    const { entries: shown } = await page({ filter });
    expect(shown.map((entry) => entry.insertId?.at(-1)).join('')).toBe(expected);
  });

  it.each([['severity>='], ['(a'], ['timestamp>"soon"'], ['a=b)'], ['severity=LOUD'], ['x'.repeat(20_001)]])(
    'refuses a filter that is none: %.20s',
    async (filter) => {
      await expect(page({ filter })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    },
  );
});

describe('access', () => {
  it('checks the account by TLS, as far as the SDK goes', async () => {
    trustInThisThread(simulator.certificate.ca);
    emit('1');
    const { active, denied } = simulator.gcp.serviceAccounts;
    expect((await page({}, serviceOf(active, true))).entries).toHaveLength(1);
    await expect(page({}, serviceOf(denied, true))).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    const unknown = { ...active, client_email: 'x@shop-prod.iam.gserviceaccount.com' };
    await expect(page({}, serviceOf(unknown, true))).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  });

  it.each([
    [status.NOT_FOUND, 'projects/no-such-project'],
    [status.PERMISSION_DENIED, 'projects/shop-locked'],
    [status.INVALID_ARGUMENT, 'shop-prod'],
  ])('answers %s for %s', async (code, name) => {
    await expect(page({ resourceNames: [name] })).rejects.toMatchObject({ code });
  });
});

describe('faults', () => {
  it.each([
    ['throttle', status.RESOURCE_EXHAUSTED],
    ['server-error', status.UNAVAILABLE],
    ['expired-credentials', status.UNAUTHENTICATED],
    ['access-denied', status.PERMISSION_DENIED],
    ['hang', status.DEADLINE_EXCEEDED],
  ] as const)('answers once with %s, then as before', async (kind, code) => {
    emit('1');
    const service = serviceOf();
    // The channel is open before the fault is there to be met.
    await page({}, service);
    simulator.inject({ cloud: 'gcp', kind, count: 1 });
    const request = { resourceNames: [`projects/${simulator.gcp.projectId}`] };
    const asked = service.listLogEntries(request, { ...once, timeout: kind === 'hang' ? 2000 : 15_000 });
    await expect(asked).rejects.toMatchObject({ code });
    expect(await pages()).toEqual([['1']]);
  });

  it('breaks connections off', async () => {
    emit('1');
    const service = serviceOf();
    await page({}, service);
    simulator.inject({ cloud: 'gcp', kind: 'connection-reset', count: 1 });
    await expect(page({}, service)).rejects.toMatchObject({ code: expect.any(Number) });
    await expect
      .poll(() =>
        page({}, service).then(
          (shown) => shown.entries.length,
          () => 0,
        ),
      )
      .toBe(1);
  });

  it('says when to retry', async () => {
    simulator.inject({ cloud: 'gcp', kind: 'throttle', retryAfterSeconds: 7, count: 1 });
    await expect(page()).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      statusDetails: [{ retryDelay: { seconds: expect.anything() } }],
    });
  });

  it('answers late', async () => {
    emit('1');
    simulator.inject({ cloud: 'gcp', kind: 'delay', delayMs: 5000, count: 1 });
    const pending = page();
    await expect.poll(() => clock.alarms, patience).toBe(1);
    clock.advance(5000);
    expect((await pending).entries).toHaveLength(1);
  });

  it('shows empty, short and doubled pages, and refuses a good token once', async () => {
    emit('1', '2', '3');
    simulator.inject({ cloud: 'gcp', kind: 'empty-page', count: 2 });
    expect(await pages()).toEqual([[], [], ['1', '2', '3']]);
    simulator.inject({ cloud: 'gcp', kind: 'short-page', size: 2, count: 1 });
    expect(await pages()).toEqual([['1', '2'], ['3']]);
    simulator.inject({ cloud: 'gcp', kind: 'duplicate', count: 1 });
    expect(await pages()).toEqual([['1', '2', '3', '3']]);
    simulator.inject({ cloud: 'gcp', kind: 'expired-page-token', count: 1 });
    await expect(pages({ pageSize: 1 })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await pages({ pageSize: 2 })).toEqual([['1', '2'], ['3']]);
  });

  it('enforces 60 reads a minute for a project', async () => {
    await started({ quotas: true });
    const service = serviceOf();
    for (let count = 0; count < 60; count += 1) await page({}, service);
    await expect(page({}, service)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    clock.advance(60_000);
    await page({}, service);
  });
});
