import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../clock.ts';
import type { Simulator } from '../simulator.ts';
import { startSimulator } from '../start.ts';

vi.setConfig({ testTimeout: 30_000 });

const start = Date.UTC(2026, 0, 2, 3, 4, 5);
let clock: ManualClock;
let simulator: Simulator;

beforeEach(async () => {
  clock = new ManualClock(start);
  simulator = await startSimulator({ clock, ports: { control: 0 } });
});
afterEach(() => simulator.stop());

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${simulator.control}${path}`, {
    method,
    ...(body === undefined ? {} : { body: text }),
  });
  return { status: response.status, json: await response.json() };
}

const hello = { cloud: 'aws', message: 'hello' };

describe('control API', () => {
  it('emits, and shows the ledger', async () => {
    const events = [hello, { cloud: 'azure', row: { Message: 'x' } }, { cloud: 'gcp', entry: { textPayload: 'y' } }];
    const { json } = await call('POST', '/emit', { events });
    expect(json).toMatchObject({ entries: [{ sequence: 1, message: 'hello' }, { message: 'x' }, { message: 'y' }] });
    expect((await call('GET', '/ledger?cloud=gcp')).json).toMatchObject({
      entries: [{ message: 'y' }],
      lastSequence: 3,
    });
    expect((await call('GET', '/ledger?fromSequence=2&limit=1')).json).toMatchObject({ entries: [{ message: 'x' }] });
    expect((await call('GET', `/ledger/count?since=${start * 1000}`)).json).toEqual({
      count: 3,
      firstSequence: 1,
      lastSequence: 3,
    });
    expect((await call('GET', `/ledger/count?until=${start * 1000}&source=AppTraces`)).json).toMatchObject({
      count: 0,
    });
    expect((await call('GET', '/health')).json).toMatchObject({ status: 'ok', lastSequence: 3, kept: 3, faults: 0 });
  });

  it.each([
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['a page that sends no origin', { origin: 'null' }],
    ['a name that was made to point here', { host: 'evil.example' }],
    ['another site, without an origin', { 'sec-fetch-site': 'cross-site' }],
  ])('takes nothing from %s', async (_, headers) => {
    const { hostname, port } = new URL(String(simulator.control));
    const status = await new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path: '/emit', method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.once('error', reject);
      sent.end(JSON.stringify({ events: [hello] }));
    });
    expect(status).toBe(403);
    expect((await call('GET', '/health')).json).toMatchObject({ kept: 0 });
  });

  it('streams the ledger: what is there, then what comes', async () => {
    simulator.emit([{ cloud: 'aws', message: 'before' }]);
    const abort = new AbortController();
    const response = await fetch(`${simulator.control}/ledger/stream?cloud=aws`, { signal: abort.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (lines: number) => {
      while (text.split('\n').length <= lines) text += (await reader.read()).value ?? '';
      return text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { message: string }).message);
    };
    expect(await until(1)).toEqual(['before']);
    simulator.emit([
      { cloud: 'gcp', entry: { textPayload: 'other' } },
      { cloud: 'aws', message: 'after' },
    ]);
    expect(await until(2)).toEqual(['before', 'after']);
    abort.abort();
  });

  it('puts faults in and out', async () => {
    const fault = { cloud: 'aws', kind: 'throttle', count: 2 };
    expect((await call('POST', '/faults', fault)).json).toEqual({ id: 1, met: 0, ...fault });
    expect((await call('GET', '/faults')).json).toEqual({ faults: [{ id: 1, met: 0, ...fault }] });
    await call('DELETE', '/faults');
    expect((await call('GET', '/faults')).json).toEqual({ faults: [] });
  });

  it('sets rates, makes bursts and incidents', async () => {
    expect((await call('POST', '/rates', { aws: 5 })).json).toEqual({ aws: 5, azure: 0, gcp: 0 });
    expect((await call('GET', '/rates')).json).toEqual({ aws: 5, azure: 0, gcp: 0 });
    await call('POST', '/burst', { events: 20, clouds: ['gcp'] });
    expect(simulator.ledger.count({ cloud: 'gcp' })).toBeGreaterThan(15);
    expect(simulator.ledger.count({ cloud: 'azure' })).toBe(0);
    const incident = { kind: 'bad-release', durationMs: 120_000, intensity: 0.8, startMs: start };
    expect((await call('POST', '/incidents', { kind: 'bad-release' })).json).toEqual(incident);
    expect((await call('DELETE', '/incidents')).status).toBe(200);
  });

  it('lists what was asked of the clouds', async () => {
    await fetch(simulator.aws.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Logs_20140328.FilterLogEvents' },
    });
    expect((await call('GET', '/requests?cloud=aws')).json).toEqual({
      count: 1,
      latest: [
        { cloud: 'aws', operation: 'FilterLogEvents', outcome: 'MissingAuthenticationTokenException', at: start },
      ],
    });
    expect((await call('GET', '/requests?outcome=ok')).json).toEqual({ count: 0, latest: [] });
  });

  it('says how to connect', async () => {
    const { json } = await call('GET', '/connections');
    expect(json).toMatchObject({ connections: simulator.connections, caFile: null });
    expect(new Set(simulator.connections.map((each) => each.cloud_provider)).size).toBe(3);
    for (const { connection_config: config } of simulator.connections) {
      expect(simulator.endpointHosts).toContain(new URL(String(config.endpoint)).host);
    }
  });

  it.each([
    [404, 'GET', '/nothing', undefined],
    [404, 'PATCH', '/faults', undefined],
    [400, 'POST', '/emit', '{"events": ['],
    [400, 'POST', '/emit', { events: [{ cloud: 'ibm', message: 'x' }] }],
    [400, 'POST', '/emit', { events: [{ ...hello, when: 1 }] }],
    [422, 'POST', '/emit', { events: [{ ...hello, timestamp: 0 }] }],
    [400, 'POST', '/faults', { cloud: 'aws', kind: 'earthquake' }],
    [400, 'POST', '/rates', { aws: -1 }],
    [400, 'GET', '/ledger?limit=-1', undefined],
    [400, 'GET', '/ledger/stream?color=red', undefined],
  ])('answers %s to %s %s with %j, and lives', async (status, method, path, body) => {
    const answer = await call(method, path, body);
    expect(answer).toMatchObject({ status, json: { error: expect.any(String) } });
    expect((await call('GET', '/health')).status).toBe(200);
    expect(simulator.ledger.lastSequence).toBe(0);
  });
});
