import { toAlertView } from '@tailrace/alert-rules/alert-view.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { toConnectionStatusView } from '@tailrace/log-query/connection-status-view.ts';
import { testAlert } from '@tailrace/postgres/alerts/test-alerts.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Frame, TestFanout, view } from './test-fanout.ts';

let fanout: TestFanout;
beforeEach(async () => {
  fanout = await TestFanout.open();
});
afterEach(() => fanout.close());

const writeAlerts = (...alerts: Alert[]) => fanout.write(topics.alerts, ({ rule_id }) => rule_id, ...alerts);
const idsOf = (frames: readonly Frame[]) => frames.map(({ alert }) => Object(alert).id).sort();

describe('alerts on the WebSocket', () => {
  it('reach the viewers of their project at every process, whatever their partition, and nobody else', async () => {
    const [one, other] = [await fanout.start(), await fanout.start()];
    const shop = [await view(one, 'shop', 'alert'), await view(other, 'shop', 'alert')];
    const bank = await view(one, 'bank', 'alert');
    const alerts = Array.from({ length: 20 }, (_, index) => testAlert(index, { rule_id: `rule_${index}` }));
    expect(new Set(alerts.map(({ rule_id }) => partitionFor(rule_id, topics.alerts.partitions))).size).toBe(
      topics.alerts.partitions,
    );
    await writeAlerts(...alerts);
    for (const frames of shop) await expect.poll(() => idsOf(frames)).toEqual(alerts.map(({ id }) => id));
    await writeAlerts(testAlert(90, { project_id: 'bank' }), testAlert(91));
    await expect.poll(() => idsOf(bank)).toEqual([testAlert(90).id]);
    for (const frames of shop) await expect.poll(() => frames.length).toBe(alerts.length + 1);
    expect(shop.flatMap(idsOf)).not.toContain(testAlert(90).id);
  });

  it('say what happened, with the alert as the API gives it', async () => {
    const frames = await view(await fanout.start(), 'shop', 'alert');
    const line = {
      id: 'a'.repeat(32),
      timestamp: 1_767_225_601_000_001,
      connection_id: 'conn_a',
      stream: 's',
      severity_number: 17,
      body: 'boom',
      partition: 1,
      offset: 7,
    };
    const fired = testAlert(1, { lines: [line] });
    const events = [
      fired,
      testAlert(1, { sequence: 2, event: 'updated', suppressed: 3 }),
      testAlert(1, { sequence: 2, event: 'read', suppressed: 3, read_by: 'ann' }),
      testAlert(1, { sequence: 3, event: 'resolved', status: 'resolved' }),
      testAlert(2, { event: 'escalated' }),
    ];
    await writeAlerts(...events);
    const read = { by: 'ann', at: testAlert(1).happened_at };
    const expected = [null, null, read, read, null].map((mark, index) => {
      const event = events[index] ?? fired;
      return { type: 'alert', event: event.event, alert: toAlertView(event, mark) };
    });
    await expect.poll(() => frames).toEqual(expected);
    expect(frames[0]).toMatchObject({ alert: { lines: [{ level: 'error', body: 'boom' }], read_by: null } });
    expect(frames[3]).toMatchObject({ alert: { read_by: 'ann', read_at: expect.stringMatching(/Z$/) } });
  });

  it('are news: a viewer that comes later does not get earlier ones', async () => {
    await writeAlerts(testAlert(1));
    const address = await fanout.start();
    const first = await view(address, 'shop', 'alert');
    await writeAlerts(testAlert(2));
    await expect.poll(() => idsOf(first)).toEqual([testAlert(2).id]);
    const later = await view(address, 'shop', 'alert');
    await writeAlerts(testAlert(3));
    await expect.poll(() => idsOf(later)).toEqual([testAlert(3).id]);
  });
});

describe('statuses on the WebSocket', () => {
  const status: ConnectionStatus = {
    connection_id: 'conn_a',
    project_id: 'shop',
    connection_version: 3,
    state: 'throttled',
    state_since: 1_767_225_600_000_000,
    updated_at: 1_767_225_601_000_000,
    owner: 'host/1',
    events: 1,
    bytes: 2,
    requests: 3,
    errors: 0,
    throttles: 1,
    late_events: 0,
    skipped_events: 0,
    events_per_second: 1.5,
    quiet_since: null,
    held_back: null,
    lag_ms: 20,
    lateness_p50_ms: null,
    lateness_p95_ms: null,
    lateness_p99_ms: null,
    lateness: [],
    last_event_time: 1_767_225_600_500_000,
    last_event_seen_at: null,
    complete_up_to: null,
    last_error: {
      code: 'connector.throttled',
      message: 'too many requests',
      help: null,
      at: 1_767_225_601_000_000,
      retry_at: 1_767_225_602_000_000,
    },
    rewind: null,
  };

  it('are the JSON of the API: how things stand for who comes, then each change', async () => {
    const writeStatus = (...statuses: ConnectionStatus[]) =>
      fanout.write(topics.connectionStatus, ({ connection_id }) => connection_id, ...statuses);
    const told = { id: 'conn_a', ...toConnectionStatusView(status) };
    await writeStatus(status);
    const address = await fanout.start();
    // At once: what the process has still to read comes to who is there.
    const frames = await view(address, 'shop', 'status');
    await expect.poll(() => frames.length).toBe(1);
    await writeStatus({ ...status, state: 'running', last_error: null }, { ...status, project_id: 'bank' });
    await expect
      .poll(() => frames)
      .toEqual([
        { type: 'status', connection: told },
        { type: 'status', connection: { ...told, state: 'running', last_error: null } },
      ]);
  });
});
