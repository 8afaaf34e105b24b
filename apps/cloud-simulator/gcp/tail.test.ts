import { Logging, type protos } from '@google-cloud/logging';
import { credentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../clock.ts';
import type { SimulatorOptions } from '../options.ts';
import type { Simulator } from '../simulator.ts';
import { startSimulator } from '../start.ts';

vi.setConfig({ testTimeout: 30_000 });

type Response = protos.google.logging.v2.ITailLogEntriesResponse;

/** Machines may be busy. */
const patience = { timeout: 30_000 };
const start = Date.UTC(2026, 0, 2, 3, 4, 5);
let clock: ManualClock;
let simulator: Simulator;
const closers: (() => Promise<void>)[] = [];

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
  for (const close of closers.splice(0)) await close();
  await simulator.stop();
});

interface Ask {
  readonly filter?: string;
  readonly bufferMs?: number;
  readonly project?: string;
}

/** A tail that the server has accepted (or refused), with what came of it. */
async function tail({ filter = '', bufferMs = 0, project = simulator.gcp.projectId }: Ask = {}) {
  const { active } = simulator.gcp.serviceAccounts;
  const [host = '', port] = simulator.gcp.endpoint.split(':');
  const { loggingService } = new Logging({
    projectId: project,
    apiEndpoint: host,
    port: Number(port),
    credentials: active,
    ...{ sslCreds: credentials.createInsecure() },
  });
  const before = simulator.requests.count('gcp', 'TailLogEntries');
  const stream = loggingService.tailLogEntries({ retry: null });
  const seen = { responses: [] as Response[], failure: undefined as { code?: number } | undefined };
  stream.on('data', (response: Response) => seen.responses.push(response));
  stream.on('error', (error: { code?: number }) => {
    seen.failure = error;
  });
  stream.write({
    resourceNames: [`projects/${project}`],
    filter,
    bufferWindow: { seconds: Math.floor(bufferMs / 1000), nanos: (bufferMs % 1000) * 1e6 },
  });
  closers.push(async () => {
    stream.end();
    await loggingService.close();
  });
  await expect.poll(() => simulator.requests.count('gcp', 'TailLogEntries'), patience).toBe(before + 1);
  return {
    seen,
    stream,
    texts: () => seen.responses.map((response) => (response.entries ?? []).map((entry) => entry.textPayload).join(' ')),
  };
}

function emit(...texts: string[]) {
  return simulator.emit(texts.map((textPayload) => ({ cloud: 'gcp', entry: { textPayload, severity: 'INFO' } })));
}

describe('TailLogEntries', () => {
  it('shows what comes after its start, as it comes, to the filter', async () => {
    emit('before');
    const { texts, seen } = await tail({ filter: 'textPayload:line' });
    emit('line 1', 'other');
    await expect.poll(texts, patience).toEqual(['line 1']);
    simulator.emit([
      { cloud: 'gcp', scope: simulator.gcp.otherProjectId, entry: { textPayload: 'line of another project' } },
    ]);
    emit('line 2');
    await expect.poll(texts, patience).toEqual(['line 1', 'line 2']);
    expect(seen.responses[0]?.entries?.[0]?.insertId).toBe(simulator.ledger.entries()[1]?.id);
  });

  it('orders within the buffer window', async () => {
    const { texts } = await tail({ bufferMs: 2500 });
    emit('second');
    clock.advance(1000);
    simulator.emit([{ cloud: 'gcp', timestamp: (start - 1) * 1000, entry: { textPayload: 'first' } }]);
    clock.advance(1499);
    clock.advance(1);
    emit('third');
    await expect.poll(texts, patience).toEqual(['first second']);
    clock.advance(2500);
    await expect.poll(texts, patience).toEqual(['first second', 'third']);
  });

  it('shows an entry from its visible time on', async () => {
    const { texts } = await tail();
    simulator.emit([{ cloud: 'gcp', entry: { textPayload: 'slow' }, visibleAfterMs: 1000 }]);
    emit('quick');
    await expect.poll(texts, patience).toEqual(['quick']);
    clock.advance(1000);
    await expect.poll(texts, patience).toEqual(['quick', 'slow']);
  });

  it('ends after an hour', async () => {
    const { seen } = await tail();
    clock.advance(3_600_000);
    await expect.poll(() => seen.failure?.code, patience).toBe(status.OUT_OF_RANGE);
  });

  it('ends when the client ends it', async () => {
    const { stream } = await tail();
    const ended = new Promise((resolve) => stream.on('end', resolve));
    stream.end();
    await ended;
  });

  it.each([
    [status.INVALID_ARGUMENT, { filter: 'severity>=' }],
    [status.INVALID_ARGUMENT, { bufferMs: 61_000 }],
    [status.NOT_FOUND, { project: 'no-such-project' }],
    [status.PERMISSION_DENIED, { project: 'shop-locked' }],
  ])('answers %s to %j', async (code, ask) => {
    const { seen } = await tail(ask);
    await expect.poll(() => seen.failure?.code, patience).toBe(code);
  });
});

describe('faults', () => {
  it('is cut, at once, and what was in the window is not shown', async () => {
    const { seen, texts } = await tail({ bufferMs: 1000 });
    emit('in the window');
    simulator.inject({ cloud: 'gcp', kind: 'stream-cut', count: 1 });
    await expect.poll(() => seen.failure?.code, patience).toBe(status.OUT_OF_RANGE);
    clock.advance(5000);
    const again = await tail();
    emit('after');
    await expect.poll(again.texts, patience).toEqual(['after']);
    expect(texts()).toEqual([]);
  });

  it('suppresses entries, and says so', async () => {
    const { seen, texts } = await tail({ bufferMs: 100 });
    simulator.inject({ cloud: 'gcp', kind: 'suppress', count: 2, skip: 1 });
    emit('1', '2', '3', '4');
    clock.advance(100);
    await expect.poll(texts, patience).toEqual(['1 4']);
    expect(seen.responses[0]?.suppressionInfo).toEqual([expect.objectContaining({ suppressedCount: 2 })]);
    emit('5');
    clock.advance(100);
    await expect.poll(() => seen.responses[1]?.suppressionInfo, patience).toEqual([]);
  });

  it('gives an entry twice', async () => {
    const { texts } = await tail();
    simulator.inject({ cloud: 'gcp', kind: 'duplicate', count: 1 });
    emit('1');
    await expect.poll(texts, patience).toEqual(['1 1']);
  });

  it.each([
    ['throttle', status.RESOURCE_EXHAUSTED],
    ['server-error', status.UNAVAILABLE],
    ['expired-credentials', status.UNAUTHENTICATED],
  ] as const)('answers %s when it is opened', async (kind, code) => {
    simulator.inject({ cloud: 'gcp', operation: 'TailLogEntries', kind, count: 1 });
    const { seen } = await tail();
    await expect.poll(() => seen.failure?.code, patience).toBe(code);
    const again = await tail();
    emit('1');
    await expect.poll(again.texts, patience).toEqual(['1']);
  });

  it('allows ten sessions for a project', async () => {
    await started({ quotas: true });
    for (let count = 0; count < 10; count += 1) await tail();
    const { seen } = await tail();
    await expect.poll(() => seen.failure?.code, patience).toBe(status.RESOURCE_EXHAUSTED);
    const other = await tail({ project: simulator.gcp.otherProjectId });
    expect(other.seen.failure).toBeUndefined();
  });

  it('reports to a client that does not read what it missed', async () => {
    const { seen, stream, texts } = await tail();
    stream.pause();
    const text = 'x'.repeat(500);
    for (let count = 0; count < 13; count += 1) emit(...Array.from({ length: 1000 }, () => text));
    stream.resume();
    const shown = () => texts().reduce((sum, entries) => sum + (entries === '' ? 0 : entries.split(' ').length), 0);
    const missed = () =>
      seen.responses.flatMap((response) => response.suppressionInfo ?? []).map((info) => info.suppressedCount ?? 0);
    await expect.poll(() => shown() + missed().reduce((sum, count) => sum + count, 0), patience).toBe(13_000);
    expect(missed().length).toBeGreaterThan(0);
  });
});
