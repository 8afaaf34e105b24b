import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { upsertAlerts } from '@tailrace/postgres/alerts/alert-rows.ts';
import { testAlert } from '@tailrace/postgres/alerts/test-alerts.ts';
import { migrate } from '@tailrace/postgres/migrate.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { openTable } from '@tailrace/stream/reading/table.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi, tokenFor } from '../test-api.ts';

let database: TestDatabase;
let api: TestApi;
beforeEach(async () => {
  database = await createTestDatabase();
  await migrate(database.pool);
  api = await startTestApi({ databaseUrl: database.url });
});
afterEach(async () => {
  await api.close();
  await database.drop();
});

async function store(alerts: readonly Alert[]): Promise<void> {
  const client = await database.pool.connect();
  await upsertAlerts(client, alerts).finally(() => client.release());
}

const ids = (body: { alerts: { id: string }[] }) => body.alerts.map(({ id }) => Number(id.slice('alert_'.length)));
const inDemo = (number: number, fields: Partial<Alert> = {}) => testAlert(number, { project_id: 'demo', ...fields });

describe('alerts of a project', () => {
  it('are listed newest first, page by page, though others come meanwhile', async () => {
    await store(Array.from({ length: 25 }, (_, index) => inDemo(index, { started_at: 1e15 + (index >> 1) * 1e6 })));
    await store([testAlert(99)]);
    const seen: number[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page++) {
      const { status, body } = await api.call(`/alerts/demo?limit=10${cursor && `&cursor=${cursor}`}`);
      expect([status, body.detail]).toEqual([200, undefined]);
      seen.push(...ids(body as never));
      cursor = body.next_cursor;
      await store([inDemo(1000 + page)]);
    }
    expect(cursor).toBeNull();
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 24 - index));
  });

  it('are found by status, severity, rule, time, and whether they were read', async () => {
    await store([
      inDemo(1),
      inDemo(2, { status: 'resolved', severity: 'low' }),
      inDemo(3, { rule_id: 'rule_2' }),
      inDemo(2, { event: 'read', read_by: 'ann' }),
    ]);
    const list = async (query: string) => ids((await api.call(`/alerts/demo?${query}`)).body as never);
    expect(await list('status=open')).toEqual([3, 1]);
    expect(await list('severity=low')).toEqual([2]);
    expect(await list('rule_id=rule_2')).toEqual([3]);
    expect(await list('unread=true')).toEqual([3, 1]);
    expect(await list('from=2026-01-01T00:00:02Z&to=2026-01-01T00:00:03Z')).toEqual([2]);
  });

  it('are whole: times, lines with their level, links, who read it', async () => {
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
    await store([inDemo(1, { lines: [line] })]);
    const { body } = await api.call(`/alerts/${testAlert(1).id}`);
    expect(body).toMatchObject({
      status: 'open',
      started_at: '2026-01-01T00:00:01.000Z',
      lines: [{ ...line, timestamp: '2026-01-01T00:00:01.000001Z', level: 'error' }],
      links: { live: expect.stringContaining('/projects/demo/live?') },
      read_at: null,
      read_by: null,
    });
  });
});

describe('reading an alert', () => {
  it('is an event like every other of it, is answered with who and when, and happens once', async () => {
    await store([inDemo(1, { sequence: 4 })]);
    const table = openTable({ kafka: api.kafka, topic: topics.alerts, logger: createLogger({ level: 'silent' }) });
    const viewer = await tokenFor('viewer');
    const path = `/alerts/${testAlert(1).id}/read`;
    const marking = api.call(path, { method: 'POST', token: viewer });
    // What the sink does with the event.
    await table.until('rule_1', (event) => event !== undefined, AbortSignal.timeout(5000));
    const event = table.get('rule_1');
    expect(event).toMatchObject({ event: 'read', sequence: 4, read_by: 'a viewer', status: 'open' });
    await store([event!]);
    const marked = await marking;
    expect([marked.status, marked.body.message]).toEqual([200, 'Alert marked as read']);
    expect(marked.body.alert.read_by).toBe('a viewer');
    const again = await api.call(path, { method: 'POST' });
    expect(again.body).toEqual(marked.body);
    const ends = await api.kafka.admin.offsets(topics.alerts.name, 'last_stable');
    expect(ends[partitionFor('rule_1', topics.alerts.partitions)]).toBe(1);
    await table.close();
  });

  it('of another project, or of none, is not found', async () => {
    await store([inDemo(1)]);
    const token = await tokenFor('admin', ['other']);
    const foreign = await api.call(`/alerts/${testAlert(1).id}/read`, { method: 'POST', token });
    const unknown = await api.call(`/alerts/${testAlert(2).id}/read`, { method: 'POST', token });
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    expect((await api.call(`/alerts/${testAlert(1).id}`, { token })).status).toBe(404);
  });
});
