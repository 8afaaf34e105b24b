import { upsertAlerts } from '@tailrace/postgres/alerts/alert-rows.ts';
import { testAlert } from '@tailrace/postgres/alerts/test-alerts.ts';
import { createTestDatabase } from '@tailrace/postgres/test-database.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, expect, it } from 'vitest';
import { TestFanout, view } from '../test-fanout.ts';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());

it('reading alerts says who has read an alert from before the process began, as it is stored', async () => {
  const database = await createTestDatabase();
  cleanUp.defer(() => database.drop());
  const fanout = await TestFanout.open();
  cleanUp.defer(() => fanout.close());
  const client = await database.pool.connect();
  const read = testAlert(1, { event: 'read', read_by: 'ann' });
  await upsertAlerts(client, [testAlert(1), testAlert(2), read]).finally(() => client.release());

  const frames = await view(await fanout.start(database.url), 'shop', 'alert');
  const events = [1, 2].map((number) => testAlert(number, { sequence: 2, event: 'updated', suppressed: 3 }));
  await fanout.write(topics.alerts, ({ rule_id }) => rule_id, ...events);
  await expect.poll(() => frames.length).toBe(2);
  const [{ alert: first }, { alert: second }] = frames as [{ alert: object }, { alert: object }];
  expect(first).toMatchObject({ suppressed: 3, read_by: 'ann', read_at: '2026-01-01T00:00:01.000Z' });
  expect(second).toMatchObject({ suppressed: 3, read_by: null, read_at: null });
});
