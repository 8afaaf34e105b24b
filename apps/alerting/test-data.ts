import { bucketMs } from '@tailrace/alert-rules/bucket.ts';
import { testRule } from '@tailrace/alert-rules/test-rules.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';

/** What the tests of alerting are made of. Times are buckets of one day that has passed. */
const origin = Date.UTC(2024, 10, 25) * 1000;
export const at = (bucket: number) => origin + bucket * bucketMs * 1000;

export function rule(changes: Partial<AlertRule> = {}): AlertRule {
  return testRule({ created_at: origin, updated_at: origin, ...changes });
}

let lastEvent = 0;
export function raw(bucket: number, changes: Partial<RawEvent> = {}): RawEvent {
  lastEvent += 1;
  const timestamp = at(bucket);
  return {
    connection_id: 'conn_a',
    project_id: 'shop',
    provider: 'aws',
    event_id: `e${lastEvent}`,
    timestamp,
    timestamp_nanos: 0,
    observed_timestamp: timestamp,
    ingest_timestamp: timestamp,
    source: {},
    stream: 's',
    payload: '{"message":"ERROR: no stock"}',
    rewind_id: null,
    ...changes,
  };
}

export function status(bucket: number, changes: Partial<ConnectionStatus> = {}): ConnectionStatus {
  return {
    connection_id: 'conn_a',
    project_id: 'shop',
    connection_version: 1,
    state: 'running',
    state_since: 0,
    updated_at: 0,
    owner: 'test',
    events: 0,
    bytes: 0,
    requests: 0,
    errors: 0,
    throttles: 0,
    late_events: 0,
    skipped_events: 0,
    events_per_second: 0,
    quiet_since: null,
    held_back: null,
    lag_ms: null,
    lateness_p50_ms: null,
    lateness_p95_ms: null,
    lateness_p99_ms: null,
    lateness: [],
    last_event_time: null,
    last_event_seen_at: null,
    complete_up_to: at(bucket),
    last_error: null,
    rewind: null,
    ...changes,
  };
}
