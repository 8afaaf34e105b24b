import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { expect, it } from 'vitest';
import { alertView, toAlertView } from './alert-view.ts';

const at = Date.UTC(2026, 10, 25, 5) * 1000;
const line = {
  id: 'a1',
  timestamp: at + 3_000_001,
  connection_id: 'conn_a',
  stream: 's',
  severity_number: 17,
  body: 'broken',
  partition: 2,
  offset: 7,
};
const alert: Alert = {
  id: 'alert_1',
  sequence: 1,
  event: 'fired',
  happened_at: at + 5_000_000,
  rule_id: 'rule_1',
  rule_revision: 1,
  rule_name: 'errors',
  alert_type: 'error_rate',
  project_id: 'shop & co',
  severity: 'high',
  group_by: null,
  group: null,
  group_name: null,
  status: 'open',
  started_at: at,
  fired_at: at + 5_000_000,
  resolved_at: null,
  resolution: null,
  continues: null,
  late: false,
  value: 12,
  threshold: 10,
  window_ms: 60_000,
  matched: 12,
  suppressed: 0,
  lines: [line],
  notification_channels: ['in_app'],
  read_by: null,
};

it('the view of an alert is the JSON that the API promises, with links to its window and its rule', () => {
  const view = toAlertView(alert);
  expect(alertView.strict().parse(view)).toEqual(view);
  expect(view).toMatchObject({
    started_at: '2026-11-25T05:00:00.000Z',
    resolved_at: null,
    lines: [{ timestamp: '2026-11-25T05:00:03.000001Z', level: 'error' }],
    links: { rule: '/projects/shop%20%26%20co/alert-rules/rule_1' },
  });
  const live = new URL(view.links.live, 'http://page');
  expect(Object.fromEntries(live.searchParams)).toEqual({
    from: '2026-11-25T04:59:10.000Z',
    to: '2026-11-25T05:00:10.000Z',
    connections: 'conn_a',
  });
});

it('the view of an alert says who has read it: by the event that says so, or by what its keeper knows', () => {
  const read = { ...alert, event: 'read', read_by: 'ann' } as const;
  expect(toAlertView(alert)).toMatchObject({ read_by: null, read_at: null });
  expect(toAlertView(read)).toMatchObject({ read_by: 'ann', read_at: '2026-11-25T05:00:05.000Z' });
  expect(toAlertView(alert, { by: 'bob', at })).toMatchObject({ read_by: 'bob', read_at: '2026-11-25T05:00:00.000Z' });
});
