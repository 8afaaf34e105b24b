import type { Alert } from '@tailrace/schemas/generated/alert.ts';

const at = Date.UTC(2026, 0, 31, 12) * 1000;

/** An alert as alerting writes it. */
export function testAlert(changes: Partial<Alert> = {}): Alert {
  return {
    id: 'alert_0123456789abcdef01234567',
    sequence: 1,
    event: 'fired',
    happened_at: at,
    rule_id: 'rule_a',
    rule_revision: 1,
    rule_name: 'Checkout errors',
    alert_type: 'error_rate',
    project_id: 'demo',
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
    value: 12.5,
    threshold: 10,
    window_ms: 300_000,
    matched: 63,
    suppressed: 0,
    lines: [
      {
        id: 'l1',
        timestamp: at,
        connection_id: 'conn_a',
        stream: 's',
        severity_number: 17,
        body: 'no stock',
        partition: 0,
        offset: 1,
      },
    ],
    notification_channels: ['in_app'],
    read_by: null,
    ...changes,
  };
}
