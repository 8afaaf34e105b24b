import { afterEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../clock.ts';
import type { SimulatorOptions } from '../options.ts';
import type { Simulator } from '../simulator.ts';
import { startSimulator } from '../start.ts';
import type { LedgerEntry } from '../store/ledger.ts';
import { logGroups } from './places.ts';

vi.setConfig({ testTimeout: 30_000 });

const start = Date.UTC(2026, 0, 2, 13, 0, 0);
const simulators: Simulator[] = [];
let clock: ManualClock;

async function started(options: SimulatorOptions = {}): Promise<Simulator> {
  clock = new ManualClock(start);
  const simulator = await startSimulator({ clock, ...options });
  simulators.push(simulator);
  return simulator;
}

afterEach(async () => {
  for (const simulator of simulators.splice(0)) await simulator.stop();
});

function run(seconds: number): void {
  for (let tick = 0; tick < seconds * 10; tick += 1) clock.advance(100);
}

const levels = (entries: readonly LedgerEntry[], text: string) =>
  entries.filter(({ message }) => message.includes(text)).length;

describe('traffic', () => {
  it('is the same for the same seed and other for another', async () => {
    const emitted: string[] = [];
    for (const seed of ['a', 'a', 'b']) {
      const simulator = await started({ seed, rates: { aws: 5, azure: 5, gcp: 5 } });
      run(20);
      emitted.push(JSON.stringify(simulator.ledger.entries()));
    }
    expect(emitted[0]).toBe(emitted[1]);
    expect(emitted[0]).not.toBe(emitted[2]);
  });

  it('keeps to the rates, and stops at 0', async () => {
    const simulator = await started({ rates: { aws: 20, azure: 5, gcp: 10 } });
    run(60);
    for (const [cloud, expected] of [
      ['aws', 1200],
      ['azure', 300],
      ['gcp', 600],
    ] as const) {
      const count = simulator.ledger.count({ cloud });
      expect(count).toBeGreaterThan(expected * 0.6);
      expect(count).toBeLessThan(expected * 1.4);
    }
    simulator.setRates({ aws: 0, azure: 0, gcp: 0 });
    const before = simulator.ledger.lastSequence;
    expect(clock.alarms).toBe(0);
    run(5);
    expect(simulator.ledger.lastSequence).toBe(before);
  });

  it('begins with history when nothing is kept', async () => {
    const simulator = await started({ rates: { aws: 2, azure: 2, gcp: 2 }, historyMinutes: 10 });
    const times = simulator.ledger.entries().map(({ observedTimestamp }) => observedTimestamp / 1000);
    expect(Math.min(...times)).toBeLessThan(start - 9.5 * 60_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(start);
    expect(simulator.ledger.count({ cloud: 'gcp' })).toBeGreaterThan(600);
  });

  it('reaches every group, table and form', async () => {
    const simulator = await started();
    simulator.startIncident({ kind: 'database-pool', intensity: 0.2 });
    simulator.startIncident({ kind: 'bad-release', intensity: 0.2 });
    clock.advance(60_000);
    simulator.burst(3000);
    const entries = simulator.ledger.entries();
    const sources = new Set(entries.map(({ source }) => source));
    for (const source of logGroups) expect(sources).toContain(source);
    for (const source of ['AppTraces', 'AppRequests', 'AppExceptions', 'ContainerLogV2', 'AzureDiagnostics'])
      expect(sources).toContain(source);
    for (const source of ['stdout', 'stderr', 'requests', 'syslog', 'cloudaudit.googleapis.com/activity']) {
      expect(sources).toContain(source);
    }
    const forms = {
      pino: /^{"level":\d+,"time":\d{13},"pid"/,
      logback: /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00 +(INFO|WARN|ERROR) 1 --- \[payments\]/,
      javaStack: /\n\tat com\.shop\.payments/,
      logfmt: /^ts=\S+ level=\w+ caller=/,
      lambdaStart: /^START RequestId: [0-9a-f-]{36} Version: \$LATEST\n$/,
      lambdaReport:
        /^REPORT RequestId: .*\tDuration: [\d.]+ ms\t.*\nXRAY TraceId: 1-[0-9a-f]{8}-[0-9a-f]{24}\tSegmentId: [0-9a-f]{16}\tSampled: true\t\n$/s,
      lambdaJson: /^{"time":"[^"]+","type":"platform\.report"/,
      combined: /^[\d.]+ - - \[\d\d\/Jan\/2026:[\d:]+ \+0000\] "(GET|POST) \S+ HTTP\/1\.1" \d{3} \d+ "/,
      alb: /^https \d{4}-\S+ app\/shop\/\S+ [\d.]+:\d+ /,
      vpcFlow: /^2 \d{12} eni-\w+( \S+){9} (ACCEPT|REJECT) OK$/,
      cloudTrail: /^{"eventVersion":"1\.11"/,
      syslog3164: /^<8\d>Jan {2}2 [\d:]{8} bastion-1 sshd\[\d+\]: /,
      syslog5424: /^<8\d>1 2026-\S+ vm-warehouse-1 scanner 2381 ID47 \[shop@32473 zone="b"\] /,
      klog: /^I0102 \d\d:\d\d:\d\d\.\d{6} +1 \w+\.go:118\] "/,
      python: /^2026-01-02 [\d:]{8},\d{3} - recommendations\.api - INFO - /,
      traceback: /\nTraceback \(most recent call last\):\n/,
      dotnet: /^info: Shop\.Loyalty\.PointsReader\[0\]\n {6}/,
      node: /^\[2026-\S+Z\] DEBUG checkout: /,
      zap: /^{"level":"info","ts":\d+(\.\d+)?,"logger":"pricer"/,
      goStandard: /^2026\/01\/02 [\d:]{8} /,
    };
    for (const [name, form] of Object.entries(forms)) {
      expect(
        entries.some(({ message }) => form.test(message)),
        name,
      ).toBe(true);
    }
  });

  it('shares the trace of a request between the clouds', async () => {
    const simulator = await started();
    simulator.burst(100);
    const trace = /"trace_id":"([0-9a-f]{32})"/.exec(
      simulator.ledger.entries({ source: '/ecs/checkout' }).find(({ message }) => message.includes('order placed'))
        ?.message ?? '',
    )?.[1];
    expect(trace).toBeDefined();
    const inMessages = new Set(
      simulator.ledger
        .entries()
        .filter(({ message }) => message.includes(trace ?? '-'))
        .map(({ cloud }) => cloud),
    );
    expect(inMessages).toEqual(new Set(['aws', 'azure']));
  });

  it('is ingested after it happened, now and then much later', async () => {
    const simulator = await started({ rates: { aws: 50, azure: 50, gcp: 50 } });
    run(60);
    const lateness = simulator.ledger
      .entries()
      .map(({ timestamp, observedTimestamp }) => observedTimestamp - timestamp);
    expect(Math.min(...lateness)).toBeGreaterThan(0);
    expect(Math.max(...lateness)).toBeGreaterThan(30_000_000);
    expect(lateness.filter((micros) => micros > 10_000_000).length / lateness.length).toBeLessThan(0.01);
  });
});

describe('incidents', () => {
  it('show their cause and its effects, and end', async () => {
    const simulator = await started({ rates: { aws: 30, azure: 15, gcp: 15 } });
    run(60);
    const quiet = simulator.ledger.entries();
    simulator.startIncident({ kind: 'database-pool', durationMs: 60_000, intensity: 0.9 });
    run(60);
    const trouble = simulator.ledger.entries({ fromSequence: quiet.length + 1 });
    const marks = [
      'database connection pool exhausted',
      'payments did not answer in time',
      '/api/checkout HTTP/1.1" 50',
    ];
    for (const mark of marks) {
      expect(levels(trouble, mark), mark).toBeGreaterThan(10);
      expect(levels(quiet, mark), mark).toBeLessThan(levels(trouble, mark) / 5);
    }
    run(60);
    const after = simulator.ledger.entries({ fromSequence: quiet.length + trouble.length + 1 });
    expect(levels(after, marks[0]!)).toBeLessThan(levels(trouble, marks[0]!) / 5);
  });

  it('begin by themselves', async () => {
    const simulator = await started({ rates: { aws: 12, azure: 6, gcp: 6 }, incidentEveryMinutes: 5 });
    run(29);
    expect(levels(simulator.ledger.entries(), 'database connection pool exhausted')).toBeLessThan(5);
    run(120);
    expect(levels(simulator.ledger.entries(), 'database connection pool exhausted')).toBeGreaterThan(10);
    run(4 * 60);
    expect(levels(simulator.ledger.entries(), 'Could not rank products')).toBeGreaterThan(10);
  });
});
