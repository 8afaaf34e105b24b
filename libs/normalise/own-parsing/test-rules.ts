import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { compileRules } from './compile-rules.ts';
import { type RuleAttempt, RuleSet } from './rule-set.ts';

/** A time for events of tests: 2026-11-30T10:20:30Z, microseconds. */
export const testTime = Date.UTC(2026, 10, 30, 10, 20, 30) * 1000;

/** A connection with rules, or without where they are null, for tests. */
export function testConnection(id: string, version: number, rules: unknown): Connection {
  return {
    id,
    project_id: 'shop',
    name: id,
    provider: 'aws',
    config: '{}',
    sealed_credentials: null,
    desired_state: 'running',
    version,
    created_at: testTime,
    updated_at: testTime,
    rewind: null,
    parsing: rules === null ? null : { version, rules: JSON.stringify(rules), changed_at: testTime },
  };
}

/** Rules that are right, for tests. */
export function testRuleSet(rules: unknown, version = 1, observe?: (attempt: RuleAttempt) => void): RuleSet {
  const compiled = compileRules(rules);
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  return new RuleSet(version, compiled, observe);
}

/** An event of CloudWatch with a message, for tests. */
export function testEvent(message: string, changes: Partial<RawEvent> = {}): RawEvent {
  return {
    connection_id: 'conn_a',
    project_id: 'shop',
    provider: 'aws',
    event_id: 'e1',
    timestamp: testTime,
    timestamp_nanos: 0,
    observed_timestamp: testTime,
    ingest_timestamp: testTime,
    source: {},
    stream: 'app-1',
    payload: JSON.stringify({ message }),
    rewind_id: null,
    ...changes,
  };
}
