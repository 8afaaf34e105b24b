import { type CompiledRule, compileRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';

/** Midnight of the day that tests are about, milliseconds. */
export const origin = Date.UTC(2026, 10, 20);
/** So many seconds after it, microseconds. */
export const micros = (seconds: number) => (origin + seconds * 1000) * 1000;
/** The day. */
export const range = { from: micros(0), to: micros(24 * 3600) };
export const limits = { latenessMs: 3_600_000, maxGroups: 1000, maxAlerts: 1000 };

export function compiled(fields: Partial<AlertRule> = {}): CompiledRule {
  const rule = compileRule(ruleKinds, {
    id: 'rule_1',
    project_id: 'demo',
    name: 'n',
    alert_type: 'error_rate',
    severity: 'low',
    enabled: true,
    conditions: JSON.stringify({ threshold: 3, window_minutes: 1 }),
    filter: null,
    group_by: 'connection',
    cooldown_minutes: 2,
    notification_channels: ['in_app'],
    revision: 1,
    version: 1,
    created_at: 0,
    updated_at: 0,
    ...fields,
  });
  if ('problem' in rule) throw new Error(rule.problem);
  return rule;
}

export function line(id: number, seconds: number, fields: Partial<LogRecord> = {}): LogRecord {
  return {
    id: `line${String(id).padStart(8, '0')}`,
    project_id: 'demo',
    connection_id: 'conn_a',
    provider: 'aws',
    timestamp: micros(seconds),
    timestamp_nanos: 0,
    observed_timestamp: 0,
    ingest_timestamp: 0,
    severity_number: 17,
    severity_text: '',
    body: 'broken',
    trace_id: null,
    span_id: null,
    resource: {},
    attributes: {},
    stream: 's',
    parser: 'plain',
    normaliser_version: 1,
    truncated_from: null,
    flags: [],
    raw_partition: 0,
    raw_offset: 0,
    replay_id: null,
    ...fields,
  };
}
