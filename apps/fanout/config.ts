import { integer, list } from '@tailrace/config/setting.ts';
import { databaseSettings, requireTokenKeys, tokenSettings } from '@tailrace/config/shared-settings.ts';
import { type output, z } from 'zod';

export const settings = z
  .object({
    ...tokenSettings.shape,
    databaseUrl: databaseSettings.shape.databaseUrl,
    fanoutMaxViewers: integer('WebSocket viewers that one process accepts.', {
      min: 1,
      max: 100_000,
      unit: 'connections',
    }).default(5000),
    fanoutViewersPerProject: integer('WebSocket viewers of one project that one process accepts.', {
      min: 1,
      max: 100_000,
      unit: 'connections',
    }).default(1000),
    fanoutViewersPerToken: integer('WebSocket viewers that one process accepts with tokens of one subject (`sub`).', {
      min: 1,
      max: 100_000,
      unit: 'connections',
    }).default(100),
    fanoutAllowedOrigins: list(
      "Origins of web pages that may open the WebSocket, besides this server's own. `*` allows any.",
      { each: /^(\*|https?:\/\/[^\s/,]+)$/, accepts: 'https://host' },
    ).default([]),
  })
  .superRefine(requireTokenKeys);

export type FanoutConfig = output<typeof settings>;
