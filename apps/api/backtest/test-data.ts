import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { testLine } from '@tailrace/alert-rules/test-lines.ts';
import { compiledRule } from '@tailrace/alert-rules/test-rules.ts';
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
  return compiledRule({ project_id: 'demo', group_by: 'connection', ...fields });
}

export function line(id: number, seconds: number, fields: Partial<LogRecord> = {}): LogRecord {
  return testLine(id, { project_id: 'demo', timestamp: micros(seconds), ...fields });
}
