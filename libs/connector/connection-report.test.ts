import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionReport, restingStatus } from './connection-report.ts';
import type { SourceEvent } from './connector.ts';
import { ConnectorError } from './connector-error.ts';

const subject = { connectionId: 'conn_a', projectId: 'project', version: 3, owner: 'host/1' };
let published: ConnectionStatus[];
let report: ConnectionReport;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  published = [];
  report = new ConnectionReport({ ...subject, publish: (status) => void published.push(status) });
});
afterEach(() => {
  report.close();
  vi.useRealTimers();
});

function emitted(count: number, latenessMs = 0): void {
  const now = Date.now() * 1000;
  const event: SourceEvent = {
    id: 'x',
    timestamp: now - 2_000_000,
    timestampNanos: 0,
    observedTimestamp: now - 2_000_000 + latenessMs * 1000,
    stream: '',
    payload: '{}',
  };
  report.statistics.emitted(new Array<SourceEvent>(count).fill(event), count * 2, now);
  report.changed();
}

function advance(ms: number): void {
  vi.advanceTimersByTime(ms);
}

describe('ConnectionReport', () => {
  it('tells a change of state at once, but two that take turns once a second', () => {
    report.changed();
    expect(published.map(({ state }) => state)).toEqual(['starting']);
    advance(5000);
    report.failed(
      'live',
      new ConnectorError('auth_refused', 'the key has expired', { help: 'Enter another.' }),
      30_000,
    );
    expect(published.at(-1)).toMatchObject({
      state: 'auth_refused',
      connection_version: 3,
      last_error: { code: 'connector.auth_refused', message: 'the key has expired', help: 'Enter another.' },
    });
    expect(published.at(-1)?.last_error?.retry_at).toBe((Date.now() + 30_000) * 1000);
    for (let turn = 0; turn < 20; turn++) {
      report.succeeded('live');
      report.failed('live', new ConnectorError('throttled', 'too many requests'), 1000);
      advance(100);
    }
    expect(published.length).toBeLessThanOrEqual(5);
    report.succeeded('live');
    advance(1000);
    expect(published.at(-1)).toMatchObject({ state: 'idle', last_error: { retry_at: null } });
  });

  it('tells numbers every few seconds while they change, and then is quiet', () => {
    report.succeeded('live');
    emitted(10, 150);
    for (let second = 0; second < 30; second++) {
      advance(1000);
      emitted(1, 150);
      report.succeeded('live');
    }
    expect(published.length).toBeGreaterThan(5);
    expect(published.length).toBeLessThan(10);
    advance(5000);
    expect(published.at(-1)).toMatchObject({
      state: 'running',
      events: 40,
      bytes: 80,
      lag_ms: 2000,
      lateness_p50_ms: 200,
      lateness_p99_ms: 200,
      lateness: [{ up_to_ms: 200, events: 40 }],
    });
    expect(published.at(-1)?.events_per_second).toBeCloseTo(40 / 60);
    const quiet = published.length;
    for (let second = 0; second < 50; second++) {
      advance(1000);
      report.succeeded('live');
    }
    expect(published.length).toBe(quiet);
    for (let second = 0; second < 70; second++) {
      advance(1000);
      report.succeeded('live');
    }
    expect(published.at(-1)).toMatchObject({ state: 'idle', events_per_second: 0 });
    expect(published.length).toBeLessThanOrEqual(quiet + 2);
  });

  it('shows what is wrong with the newest events before what is wrong with older ones', () => {
    report.succeeded('live');
    advance(2000);
    report.failed('rest', new ConnectorError('throttled', 'too many requests'), 1000);
    expect(published.at(-1)?.state).toBe('idle');
    report.failed('rest', new ConnectorError('unreachable', 'internal error'), 1000);
    expect(published.at(-1)?.state).toBe('unreachable');
    advance(2000);
    report.failed('live', new ConnectorError('permission_denied', 'may not read'), 1000);
    expect(published.at(-1)?.state).toBe('permission_denied');
    advance(2000);
    report.succeeded('live');
    expect(published.at(-1)?.state).toBe('unreachable');
  });

  it('goes on counting from the status published last', () => {
    report.succeeded('live');
    emitted(7);
    report.statistics.throttles = 2;
    report.close();
    const previous = published.at(-1)!;
    const next = new ConnectionReport({ ...subject, previous, publish: (status) => void published.push(status) });
    next.statistics.errors += 1;
    next.changed();
    next.close();
    expect(published.at(-1)).toMatchObject({
      events: 7,
      throttles: 2,
      errors: 1,
      last_event_time: previous.last_event_time,
    });
    expect(restingStatus({ ...subject, previous }, 'paused')).toMatchObject({
      state: 'paused',
      events: 7,
      last_error: null,
    });
  });

  it('leaves no timer behind', () => {
    report.succeeded('live');
    emitted(1);
    emitted(1);
    report.close();
    expect(published.at(-1)?.events).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});
