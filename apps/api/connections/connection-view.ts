import { sealedFields } from '@tailrace/credentials/sealed-credentials.ts';
import { connectionStatusView, toConnectionStatusView } from '@tailrace/log-query/connection-status-view.ts';
import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { parsingRule } from '@tailrace/normalise/own-parsing/parsing-rule.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionRewind } from '@tailrace/schemas/generated/connection-rewind.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { desiredStateSymbols } from '@tailrace/schemas/generated/desired-state.ts';
import { providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import type { RewindStatus } from '@tailrace/schemas/generated/rewind-status.ts';
import { z } from 'zod';
import { rulesOf } from './parsing-rules.ts';

const time = z.string().describe('RFC 3339.');

const rewindView = z
  .object({
    rewind_id: z.string().describe('What is read again bears it as replay_id.'),
    to: time.describe('Event time from which on the source is read again.'),
    requested_at: time.describe('Up to when it is read again.'),
    reason: z.string().nullable(),
    state: z.enum(['pending', 'running', 'finished']),
    position: time.nullable().describe('Up to here it has been read again.'),
    events: z.int().describe('Lines read again so far.'),
    finished_at: time.nullable(),
  })
  .meta({ id: 'ConnectionRewind' });

export const connectionView = z
  .object({
    id: z.string(),
    project_id: z.string(),
    connection_name: z.string(),
    cloud_provider: z.enum(providerSymbols),
    connection_config: z.record(z.string(), z.unknown()).describe('Without its secrets.'),
    secrets_set: z.array(z.string()).describe('Names of the secret fields that are stored.'),
    desired_state: z.enum(desiredStateSymbols),
    version: z.int().describe('Counts changes; the ETag holds it.'),
    created_at: time,
    updated_at: time,
    parsing: z
      .object({
        version: z
          .int()
          .describe(
            'Counts changes of the rules; 0 before the first. Lines bear it in thousands in their normaliser_version.',
          ),
        changed_at: time.nullable(),
        rules: z.array(parsingRule).describe('In the order in which they are tried.'),
      })
      .meta({ id: 'ConnectionParsingRules' }),
    rewind: rewindView.nullable().describe('The rewind asked for last.'),
    status: connectionStatusView.nullable().describe('Null until an ingest process has taken the connection.'),
  })
  .meta({ id: 'Connection' });

export const statsView = z
  .object({
    connection_id: z.string(),
    ...connectionStatusView.shape,
    state: connectionStatusView.shape.state.nullable(),
    state_since: time.nullable(),
    updated_at: time.nullable(),
    owner: z.string().nullable().describe('The ingest process that runs it.'),
    events: z.int().describe('Emitted since the connection exists.'),
    bytes: z.int().describe('Of their payloads.'),
    requests: z.int().describe('Made to the provider.'),
    errors: z.int(),
    throttles: z.int(),
    late_events: z.int().describe('Visible later than the visibility bound, and still emitted.'),
    skipped_events: z.int().describe('Before the start, or further back than any sweep looks.'),
    lateness_p50_ms: z.int().nullable().describe('Ingestion time minus event time.'),
    lateness_p95_ms: z.int().nullable(),
    lateness_p99_ms: z.int().nullable(),
    lateness: z
      .array(
        z.object({
          up_to_ms: z.int().nullable().describe('Upper end of the bucket, included; null: later than any other.'),
          events: z.int(),
        }),
      )
      .describe('Its histogram, of the events emitted lately: the buckets that hold any, in order, at most 32.'),
    last_event_seen_at: time.nullable(),
  })
  .meta({ id: 'ConnectionStats' });

/** A connection as its project's people see it. */
export function toConnectionView(
  connection: Connection,
  status: ConnectionStatus | undefined,
): z.output<typeof connectionView> {
  return {
    id: connection.id,
    project_id: connection.project_id,
    connection_name: connection.name,
    cloud_provider: connection.provider,
    connection_config: settingsOf(connection),
    secrets_set: connection.sealed_credentials === null ? [] : [...sealedFields(connection.sealed_credentials)],
    desired_state: connection.desired_state,
    version: connection.version,
    created_at: isoNanos(connection.created_at),
    updated_at: isoNanos(connection.updated_at),
    parsing: {
      version: connection.parsing?.version ?? 0,
      changed_at: isoOrNull(connection.parsing?.changed_at ?? null),
      rules: rulesOf(connection),
    },
    rewind: connection.rewind === null ? null : toRewindView(connection.rewind, status?.rewind ?? null),
    status: status === undefined ? null : toConnectionStatusView(status),
  };
}

/** @param reported what ingest reports of a rewind: of an earlier one, until it has taken up this one. */
function toRewindView(rewind: ConnectionRewind, reported: RewindStatus | null): z.output<typeof rewindView> {
  const status = reported?.id === rewind.id ? reported : undefined;
  const finishedAt = status?.finished_at ?? null;
  return {
    rewind_id: rewind.id,
    to: isoNanos(rewind.to),
    requested_at: isoNanos(rewind.requested_at),
    reason: rewind.reason,
    state: status === undefined ? 'pending' : finishedAt === null ? 'running' : 'finished',
    position: isoOrNull(status?.position ?? null),
    events: status?.events ?? 0,
    finished_at: isoOrNull(finishedAt),
  };
}

/** A connection's counters; zero before anything ran. */
export function toStatsView(connectionId: string, status: ConnectionStatus | undefined): z.output<typeof statsView> {
  if (status === undefined) return { connection_id: connectionId, ...nothingYet };
  const { owner, events, bytes, requests, errors, throttles, late_events, skipped_events } = status;
  return {
    connection_id: connectionId,
    ...toConnectionStatusView(status),
    ...{ owner, events, bytes, requests, errors, throttles, late_events, skipped_events },
    lateness_p50_ms: status.lateness_p50_ms,
    lateness_p95_ms: status.lateness_p95_ms,
    lateness_p99_ms: status.lateness_p99_ms,
    lateness: status.lateness.map((bucket) => ({ ...bucket })),
    last_event_seen_at: isoOrNull(status.last_event_seen_at),
  };
}

const settingsSchema = z.record(z.string(), z.unknown());

/** The stored settings, without secrets. */
export function settingsOf(connection: Connection): Record<string, unknown> {
  return settingsSchema.parse(JSON.parse(connection.config));
}

function isoOrNull(micros: number | null): string | null {
  return micros === null ? null : isoNanos(micros);
}

const nothingYet = {
  state: null,
  state_since: null,
  updated_at: null,
  applied_version: 0,
  last_event_time: null,
  complete_up_to: null,
  lag_ms: null,
  quiet_since: null,
  held_back: null,
  last_error: null,
  owner: null,
  events: 0,
  bytes: 0,
  requests: 0,
  errors: 0,
  throttles: 0,
  late_events: 0,
  skipped_events: 0,
  events_per_second: 0,
  lateness_p50_ms: null,
  lateness_p95_ms: null,
  lateness_p99_ms: null,
  lateness: [],
  last_event_seen_at: null,
};
