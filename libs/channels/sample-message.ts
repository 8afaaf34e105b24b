import { randomBytes } from 'node:crypto';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { Message } from './message.ts';

/** What `test` sends: a message of the usual form that says of itself that nothing has happened. */
export function testMessage(options: {
  readonly projectId: string;
  readonly channelName: string;
  readonly publicUrl: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}): Message {
  const micros = options.now * 1000;
  const id = randomBytes(12).toString('hex');
  const alert: Alert = {
    id: `alert_test_${id}`,
    sequence: 1,
    event: 'fired',
    happened_at: micros,
    rule_id: 'rule_test',
    rule_revision: 1,
    rule_name: 'This is a test: nothing has happened',
    alert_type: 'test',
    project_id: options.projectId,
    severity: 'low',
    group_by: null,
    group: null,
    group_name: null,
    status: 'open',
    started_at: micros,
    fired_at: micros,
    resolved_at: null,
    resolution: null,
    continues: null,
    late: false,
    value: 1,
    threshold: 1,
    window_ms: 60_000,
    matched: 1,
    suppressed: 0,
    lines: [],
    notification_channels: [],
    read_by: null,
  };
  const key = `test_${id}`;
  return {
    idempotencyKey: key,
    channelName: options.channelName,
    items: [{ id: key, transition: 'fired', alert }],
    isTest: true,
    publicUrl: options.publicUrl,
  };
}
