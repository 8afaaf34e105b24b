import { type output, z } from 'zod';
import { startFromSchema } from './start-from.ts';

/** A number a connection may set. */
export interface SettingLimits {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

/** What differs from cloud to cloud. */
export interface ConnectorLimits {
  /** How often the newest events are looked for. */
  readonly pollIntervalMs: SettingLimits;
  /** Events asked for in one request. */
  readonly batchSize: SettingLimits;
}

const concurrency: SettingLimits = { min: 1, max: 16, default: 2 };
const requestTimeoutMs: SettingLimits = { min: 1000, max: 600_000, default: 30_000 };
const visibilityBoundMs: SettingLimits = { min: 1000, max: 86_400_000, default: 300_000 };

/**
 * The fields that every connector's `connection_config` has, to be spread into its schema:
 *
 *     configSchema: z.object({ ...connectionSettings({ pollIntervalMs: …, batchSize: … }), log_group: z.string() })
 *
 * A field left out takes the installation's default (`CONNECTION_…` in the environment), or the one given here.
 */
export function connectionSettings(limits: ConnectorLimits) {
  return {
    start_from: startFromSchema
      .default('-15m')
      .describe('Where the first run begins: "now", a span before now such as "-15m", or a time. Later runs go on.'),
    poll_interval_ms: whole('How often the newest events are looked for', 'ms', limits.pollIntervalMs),
    batch_size: whole('Events asked for in one request', 'events', limits.batchSize),
    concurrency: whole('Requests at once; a rewind makes one more', 'requests', concurrency),
    request_timeout_ms: whole('How long one request may take', 'ms', requestTimeoutMs),
    visibility_bound_ms: whole(
      'How long after its ingestion an event may still be invisible to reads; later ones may be lost, and are counted',
      'ms',
      visibilityBoundMs,
    ),
  };
}

/** What those fields are to a connection's secrets, to be spread into its `fields`. */
export const connectionSettingUses = {
  start_from: 'setting',
  poll_interval_ms: 'setting',
  batch_size: 'setting',
  concurrency: 'setting',
  request_timeout_ms: 'setting',
  visibility_bound_ms: 'setting',
} as const;

function whole(description: string, unit: string, { min, max, default: preset }: SettingLimits) {
  const wrong = `must be a whole number of ${unit} from ${min} to ${max}`;
  return z
    .int(wrong)
    .min(min, wrong)
    .max(max, wrong)
    .default(preset)
    .describe(`${description}; ${min} to ${max} ${unit}.`);
}

/** The shared fields of a configuration that a connector's own schema has already accepted. */
export const runSettings = z.object({
  start_from: z.string(),
  poll_interval_ms: z.int(),
  batch_size: z.int(),
  concurrency: z.int(),
  request_timeout_ms: z.int(),
  visibility_bound_ms: z.int(),
});

/** How one connection is run; units as the names say. */
export type RunSettings = output<typeof runSettings>;

/** What an installation gives to connections that say nothing themselves. */
export type SettingDefaults = Partial<RunSettings>;
