import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../clock.ts';
import type { SimulatorOptions } from '../options.ts';
import type { Simulator } from '../simulator.ts';
import { startSimulator } from '../start.ts';

vi.setConfig({ testTimeout: 30_000 });

const start = Date.UTC(2026, 0, 2, 3, 4, 5);
let dataDirectory: string;
let clock: ManualClock;
let simulator: Simulator;

async function started(options: SimulatorOptions = {}): Promise<void> {
  await simulator?.stop();
  simulator = await startSimulator({ dataDirectory, clock, ...options });
}

beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'simulator-'));
  clock = new ManualClock(start);
});
afterEach(async () => {
  await simulator.stop();
  rmSync(dataDirectory, { recursive: true });
});

const segments = () => readdirSync(join(dataDirectory, 'ledger')).sort();
const messages = () => simulator.ledger.entries().map(({ message }) => message);

describe('data directory', () => {
  it('keeps events, certificate and keys over a restart', async () => {
    await started();
    simulator.emit([
      { cloud: 'aws', message: 'a', timestampNanos: 5, visibleAfterMs: 1500 },
      { cloud: 'azure', row: { Message: 'b', n: 1.5, deep: { x: [null, true] } } },
      { cloud: 'gcp', entry: { jsonPayload: { message: 'c\n"ü"' } }, timestamp: start * 1000 - 1, timestampNanos: 7 },
    ]);
    const [entries, { ca }, { active }] = [
      simulator.ledger.entries(),
      simulator.certificate,
      simulator.gcp.serviceAccounts,
    ];
    await started();
    expect(simulator.ledger.entries()).toEqual(entries);
    expect(simulator.certificate.ca).toBe(ca);
    expect(simulator.gcp.serviceAccounts.active).toEqual(active);
    const [next] = simulator.emit([{ cloud: 'aws', message: 'd' }]);
    expect(next?.sequence).toBe(4);
    expect(entries.map(({ id }) => id)).not.toContain(next?.id);
  });

  it('makes no history, and other traffic, when there is some', async () => {
    const traffic = { rates: { aws: 1, azure: 1, gcp: 1 }, historyMinutes: 1 };
    await started(traffic);
    const first = messages();
    expect(first.length).toBeGreaterThan(60);
    await started(traffic);
    expect(messages()).toEqual(first);
    simulator.burst(10);
    const ids = simulator.ledger.entries().map(({ identity }) => identity);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('drops a line that a kill left unfinished, and goes on behind it', async () => {
    await started();
    simulator.emit([{ cloud: 'aws', message: 'a' }]);
    await simulator.stop();
    appendFileSync(join(dataDirectory, 'ledger', segments()[0]!), '{"sequence":2,"scope":"12');
    await started();
    expect(messages()).toEqual(['a']);
    simulator.emit([{ cloud: 'aws', message: 'b' }]);
    await started();
    expect(messages()).toEqual(['a', 'b']);
  });

  it('refuses a damaged ledger, by file and line', async () => {
    await started();
    simulator.emit([{ cloud: 'aws', message: 'a' }]);
    await simulator.stop();
    appendFileSync(join(dataDirectory, 'ledger', segments()[0]!), '{"sequence":"two"}\n');
    await expect(startSimulator({ dataDirectory, clock })).rejects.toThrow(
      /Line 2 .*ledger-000000000001\.ndjson is damaged/,
    );
  });

  it('forgets the oldest events beyond the bound, in memory and on disk', async () => {
    await started({ maxEvents: 1000 });
    const batch = Array.from({ length: 10_000 }, (_, index) => ({ cloud: 'aws', message: `${index}` }) as const);
    for (let count = 0; count < 5; count += 1) simulator.emit(batch);
    expect(simulator.ledger.lastSequence).toBe(50_000);
    expect(simulator.ledger.count()).toBeLessThanOrEqual(1100);
    expect(simulator.ledger.firstSequence).toBe(50_001 - simulator.ledger.count());
    expect(messages().at(-1)).toBe('9999');
    expect(segments()).toEqual(['ledger-000000040001.ndjson']);
    await started({ maxEvents: 1000 });
    expect(simulator.ledger.lastSequence).toBe(50_000);
    expect(simulator.ledger.count()).toBeLessThanOrEqual(1100);
  });

  it('forgets events by their age', async () => {
    await started({ retentionHours: 1 });
    simulator.emit([{ cloud: 'gcp', entry: { textPayload: 'old' } }]);
    clock.advance(2 * 3_600_000);
    simulator.emit([{ cloud: 'gcp', entry: { textPayload: 'new' } }]);
    expect(messages()).toEqual(['new']);
  });

  it('keeps its keys from others', async () => {
    await started();
    for (const name of ['server.key', 'service-account.json']) {
      expect(statSync(join(dataDirectory, name)).mode & 0o077).toBe(0);
    }
  });
});
