import type { Alert } from '@tailrace/schemas/generated/alert.ts';

/** An alert for tests: fired at 2026-01-01T00:00:00Z plus `number` seconds. */
export function testAlert(number: number, fields: Partial<Alert> = {}): Alert {
  const at = Date.UTC(2026, 0, 1) * 1000 + number * 1_000_000;
  return {
    id: `alert_${String(number).padStart(24, '0')}`,
    sequence: 1,
    event: 'fired',
    happened_at: at,
    rule_id: 'rule_1',
    rule_revision: 1,
    rule_name: 'Errors',
    alert_type: 'error_rate',
    project_id: 'shop',
    severity: 'high',
    group_by: null,
    group: null,
    group_name: null,
    status: 'open',
    started_at: at,
    fired_at: at,
    resolved_at: null,
    resolution: null,
    continues: null,
    late: false,
    value: 12,
    threshold: 10,
    window_ms: 60_000,
    matched: 12,
    suppressed: 0,
    lines: [],
    notification_channels: ['in_app'],
    read_by: null,
    ...fields,
  };
}
