import { integer, text } from '@tailrace/config/setting.ts';
import { credentialSettings, endpointSettings } from '@tailrace/config/shared-settings.ts';
import { type output, z } from 'zod';

/** Connections say these themselves, or take what is set here, or the connector's own default. */
export const settings = z.object({
  credentialEncryptionKey: credentialSettings.shape.credentialEncryptionKey,
  cloudEndpointAllowlist: endpointSettings.shape.cloudEndpointAllowlist,
  cloudHostCredentials: endpointSettings.shape.cloudHostCredentials,
  connectionStartFrom: text('Default `start_from` of connections.', {
    pattern: /^(now|-\d{1,9}[smhd]|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))$/,
    accepts: '"now", a span before now such as "-15m", or a time',
  }).optional(),
  connectionPollIntervalMs: integer('Default `poll_interval_ms` of connections.', {
    min: 200,
    max: 3_600_000,
    unit: 'ms',
  }).optional(),
  connectionBatchSize: integer('Default `batch_size` of connections.', {
    min: 1,
    max: 500_000,
    unit: 'records',
  }).optional(),
  connectionConcurrency: integer('Default `concurrency` of connections.', {
    min: 1,
    max: 16,
    unit: 'requests',
  }).optional(),
  connectionRequestTimeoutMs: integer('Default `request_timeout_ms` of connections.', {
    min: 1000,
    max: 600_000,
    unit: 'ms',
  }).optional(),
  connectionVisibilityBoundMs: integer('Default `visibility_bound_ms` of connections.', {
    min: 1000,
    max: 86_400_000,
    unit: 'ms',
  }).optional(),
});

export type IngestConfig = output<typeof settings>;
