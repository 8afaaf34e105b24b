import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SourceEvent } from '../contract/connector.ts';
import { ConnectorError } from '../contract/connector-error.ts';
import type { ReadingProgress } from './completeness.ts';
import { ConnectionReport, restingStatus } from './connection-report.ts';

const subject = { connectionId: 'conn_a', projectId: 'project', version: 3, owner: 'host/1' };
let published: ConnectionStatus[];
let report: ConnectionReport;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  published = [];
  report = new ConnectionReport({ ...subject, publish: (status) => void published.push(status) });
  report.progress = upTo(0);
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

/** A run that is behind by some seconds, of which lateness makes some. */
function upTo(behindSeconds: number, latenessSeconds = 0): () => ReadingProgress {
  return () => {
    const now = Date.now() * 1000;
    const sweptUpTo = now - behindSeconds * 1_000_000;
    const lateness = latenessSeconds * 1_000_000;
    return { now, sweptUpTo, completeUpTo: sweptUpTo - lateness, readUpTo: now, startTime: 0, lateness, lookEvery: 0 };
  };
}

function advance(ms: number): void {
  vi.advanceTimersByTime(ms);
}

describe('ConnectionReport', () => {
  it('reports a change of state at once, but two that take turns once a second', () => {
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

  it('reports numbers every few seconds while they change, and then is quiet', () => {
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
      lag_ms: 0,
      quiet_since: null,
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
    expect(published.at(-1)).toMatchObject({ state: 'idle', events_per_second: 0, lag_ms: 0, held_back: null });
    expect(published.at(-1)?.quiet_since).toBe(report.statistics.lastEventTime);
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

  it('never takes "complete up to" back, whatever the estimate does or which process owns the connection', () => {
    report.progress = upTo(10);
    report.succeeded('live');
    const first = published.at(-1)!;
    expect(first.complete_up_to).toBe((Date.now() - 10_000) * 1000);
    report.progress = upTo(10, 3600);
    advance(120_000);
    report.succeeded('live');
    expect(published.at(-1)?.complete_up_to).toBe(first.complete_up_to);
    expect(published.at(-1)?.held_back).toMatchObject({ reason: 'late_events', since: first.updated_at });
    report.close();
    const next = new ConnectionReport({
      ...subject,
      previous: published.at(-1)!,
      publish: (status) => published.push(status),
    });
    next.progress = upTo(10, 3600);
    next.succeeded('live');
    next.close();
    expect(published.at(-1)?.complete_up_to).toBe(first.complete_up_to);
    expect(restingStatus({ ...subject, previous: first }, 'paused')).toMatchObject({
      complete_up_to: first.complete_up_to,
      lag_ms: null,
      held_back: null,
    });
  });

  it('says without being asked why "complete up to" stands still, and what to do', () => {
    report.succeeded('live');
    const stuckAt = Date.now() * 1000;
    const stuck = () => ({ ...upTo(0)(), sweptUpTo: stuckAt, completeUpTo: stuckAt });
    report.progress = stuck;
    const hasTurn = report.awaitsTurn('the provider takes 60 requests a minute');
    advance(60_000);
    expect(published.at(-1)).toMatchObject({
      complete_up_to: stuckAt,
      held_back: { reason: 'quota', since: stuckAt, detail: expect.stringContaining('60 requests a minute') },
    });
    expect(published.at(-1)?.held_back?.help).toContain('quota');
    hasTurn();
    advance(10_000);
    expect(published.at(-1)?.held_back).toMatchObject({ reason: 'starting', since: stuckAt });
    report.failed('rest', new ConnectorError('unreachable', 'no answer', { timedOut: true, help: 'Wait.' }), 1000);
    advance(10_000);
    expect(published.at(-1)?.held_back).toMatchObject({ reason: 'timeout', detail: 'no answer', help: 'Wait.' });
    report.failed('rest', new ConnectorError('unreachable', 'internal error'), 1000);
    advance(10_000);
    expect(published.at(-1)?.held_back).toMatchObject({ reason: 'error', detail: 'internal error', since: stuckAt });
    report.succeeded('rest');
    report.progress = upTo(0);
    advance(10_000);
    expect(published.at(-1)).toMatchObject({ held_back: null, lag_ms: 0 });
  });

  it('says that a connection which has read nothing yet waits for the quota', () => {
    report.progress = () => undefined;
    report.awaitsTurn('the provider takes 60 requests a minute');
    advance(15_000);
    expect(published.at(-1)).toMatchObject({
      state: 'starting',
      lag_ms: null,
      held_back: { reason: 'quota', since: 1_700_000_000_000_000 },
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
